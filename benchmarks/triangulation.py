"""Two-view triangulation of many marks, against OpenCV's triangulatePoints.

OpenCV gives homogeneous points; ours gives points, mismatch and, where the row says so, the
covariance of every point, on one thread.  The bound is memory traffic: 32 bytes of marks in, 80
bytes out with covariance (32 without), 112 MB for a million.  The last row measures that bandwidth
in the same run by a copy of as much traffic (56 MB read, 56 MB written).

OpenCV needs 0.65 us a pair, 0.65 s for a million in one call (4.14 and 5.0 alike; float32 or
float64, points as rows, columns or channels), so that 300 times as fast would be 2.2 ms: less than
the copy takes, and 50 GB/s.  Called once a pair, with the marks cut out of their arrays, it takes
7 s for a million, against which the row "pair by pair" stands.  The covariances cannot be left out
of the traffic: they are functions of the point, v w^2 [2 (X - M)(X - M)^T / B^2 + ...], so that
four numbers would do for six, but who asks for covariances wants the six.
"""

import cv2
import numpy as np

from stereosim.geometry import load_unit, project, stereo_pair, triangulate, triangulate_many
from stereosim.geometry.triangulation import triangulate_pair
from timing import Row, interleaved

BENCH = "triangulation"
MILLION = 1_000_000
PEER = f"OpenCV {cv2.__version__} triangulatePoints"


def measure() -> list[Row]:
    rng = np.random.default_rng(1)
    left, right = stereo_pair(load_unit("upright-hologic"))
    points = rng.uniform([-20, 12, 0], [20, 58, 60], (MILLION, 3))
    # Column by column, as both sides like it best.
    marks = [
        np.ascontiguousarray((project(v, points) + rng.normal(0, 0.5, (MILLION, 2))).T)
        for v in (left, right)
    ]
    matrices = [np.array(v.projection_matrix) for v in (left, right)]

    def peer(count: int) -> object:
        return cv2.triangulatePoints(*matrices, *(m[:, :count] for m in marks))

    a, b = (m.T for m in marks)
    full = triangulate_many(left, right, a, b, sigma_px=0.5)
    plain = triangulate_many(left, right, a, b)
    peer_points = peer(1000)
    gap = np.abs(full.target_mm[:1000] - (peer_points[:3] / peer_points[3]).T).max()
    assert gap < 0.05, "the two disagree by more than noise explains"

    rows = []

    def add(what: str, ours: object, theirs: object, **options: int) -> None:
        ours_s, peer_s = interleaved(ours, theirs, **options)
        rows.append(Row(BENCH, what, ours_s, PEER, peer_s))

    add(
        "1,000,000 pairs with covariance",
        lambda: triangulate_many(left, right, a, b, sigma_px=0.5, out=full),
        lambda: peer(MILLION),
        repeats=7,
    )
    add(
        "1,000,000 pairs, points and mismatch only",
        lambda: triangulate_many(left, right, a, b, out=plain),
        lambda: peer(MILLION),
        repeats=7,
    )
    add(
        "1,000,000 pairs with covariance, new arrays each time",
        lambda: triangulate_many(left, right, a, b, sigma_px=0.5),
        lambda: peer(MILLION),
        repeats=7,
    )
    few = [np.ascontiguousarray(m[:, :10_000]).T for m in marks]
    kept = triangulate_many(left, right, *few, sigma_px=0.5)
    add(
        "10,000 pairs with covariance (in cache)",
        lambda: triangulate_many(left, right, *few, sigma_px=0.5, out=kept),
        lambda: peer(10_000),
    )

    def pair_by_pair() -> None:
        for k in range(10_000):
            cv2.triangulatePoints(*matrices, *(m[:, k : k + 1] for m in marks))

    ours_s, peer_s = interleaved(
        lambda: triangulate_many(left, right, *few, sigma_px=0.5, out=kept),
        pair_by_pair,
        repeats=7,
    )
    what = "10,000 pairs with covariance (in cache), the peer pair by pair"
    rows.append(Row(BENCH, what, ours_s, PEER, peer_s))
    one = (a[0].copy(), b[0].copy())
    add(
        "1 pair with covariance and test",
        lambda: triangulate_pair(left, right, *one, sigma_px=0.5),
        lambda: peer(1),
    )
    add(
        "1 pair by iterated maximum likelihood",
        lambda: triangulate([left, right], one, sigma_px=0.5),
        lambda: peer(1),
    )
    source, sink = np.ones(7 * MILLION), np.empty(7 * MILLION)
    ours_s, copy_s = interleaved(
        lambda: triangulate_many(left, right, a, b, sigma_px=0.5, out=full),
        lambda: np.copyto(sink, source),
    )
    rows.append(
        Row(BENCH, "1,000,000 pairs with covariance, against its bound", ours_s, "copy", copy_s)
    )
    return rows
