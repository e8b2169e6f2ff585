"""Which tubes come near which cell, by trying many places in each."""

import numpy as np


def tube_cells(tubes, margin, cells, counts):
    """Sets of tubes by cell that come within `margin` of any of many places in the cell."""
    lists = []
    share = np.linspace(0, 1, 7)
    for k, j, i in np.ndindex(*(int(c) for c in counts[::-1])):
        near = set()
        for a in np.array(np.meshgrid(share, share, share)).reshape(3, -1).T:
            place = cells[:3] + cells[3] * (np.array([i, j, k]) + a)
            start, way = tubes[:, :3], tubes[:, 3:6]
            t = np.clip(((place - start) * way).sum(1) / (way * way).sum(1), 0, 1)
            gap = np.linalg.norm(place - start - t[:, None] * way, axis=1)
            near |= set(
                np.flatnonzero(
                    gap < np.maximum(tubes[:, 7], tubes[:, 7] + tubes[:, 8]) + margin
                ).tolist()
            )
        lists.append(near)
    return lists
