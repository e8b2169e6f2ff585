"""Twin of stereosim.kernels.batch_capture in NumPy: all specks of all procedures at once."""

import numpy as np

BINS = 360
HAIR_MM = 1e-6


def capture_batch(
    specks,
    radii,
    needles,
    directions,
    half_angle,
    half_aperture,
    reach2,
    outer2,
    piece_mm,
    voids,
    inflows,
    ball,
    shares,
    held,
    places,
):
    n, k = radii.shape
    everywhere = specks.reshape(-1, 3).copy()
    solids = np.eye(3) * radii.reshape(-1, 1, 1)
    left = np.where(np.isnan(everywhere[:, 0]), np.nan, 1.0)
    procedure = np.repeat(np.arange(n), k)
    held[:] = 0
    for i, direction in enumerate(directions):
        here = np.flatnonzero(left > 0.0)
        at = needles[procedure[here], i]
        core = Core(direction, half_angle, half_aperture, reach2, outer2, voids[i], inflows[i])
        taken, moved, axes = core.take(everywhere[here] - at, solids[here], piece_mm, ball)
        everywhere[here], solids[here] = moved + at, axes
        left[here] *= 1.0 - taken
        np.add.at(held, (procedure[here[taken > 0.0]], i), 1)
    shares[:] = left.reshape(n, k)
    if len(places):
        places[:] = everywhere.reshape(n, k, 3)


class Core:
    """One core's sector, in axes in which it points along the first."""

    def __init__(self, direction, half_angle, half_aperture, reach2, outer2, void, inflow):
        sine, cosine = np.sin(direction), np.cos(direction)
        self.turn = np.array([[sine, cosine, 0.0], [cosine, -sine, 0.0], [0.0, 0.0, 1.0]])
        self.direction, self.half_angle, self.half = direction, half_angle, half_aperture
        self.reach2, self.outer2, self.void, self.inflow = reach2, outer2, void, inflow

    def bins(self, places):
        """The clock bin of places in the needle frame."""
        clock = np.degrees(np.arctan2(places[:, 0], places[:, 1]))
        return np.floor(clock).astype(int) % BINS

    def off(self, places):
        """Angle from the sector's middle, in (-pi, pi]."""
        clock = np.arctan2(places[:, 0], places[:, 1])
        return np.angle(np.exp(1j * (clock - self.direction)))

    def take(self, places, axes, piece_mm, ball):
        """Shares that go; places and semi-axes of what stays."""
        rho2 = (places[:, :2] ** 2).sum(axis=1)
        pushed = np.maximum(self.outer2 - self.void[self.bins(places)], 0.0)
        # Beside the needle that is in; a place on the axis lies at 12 o'clock.
        seen = places.copy()
        seen[rho2 == 0.0, 1] = 1e-300
        seen[:, :2] *= (np.sqrt(rho2 + pushed) / np.hypot(seen[:, 0], seen[:, 1]))[:, None]
        limit = np.sqrt(self.reach2 + pushed)
        local = seen @ self.turn.T
        solids = self.turn @ axes
        gap, normal, edge, inside = self.edges(local, solids, limit)
        across = np.linalg.norm(np.einsum("sij,si->sj", solids, normal), axis=1)
        cut = across - np.abs(gap) >= piece_mm
        whole = inside & ~cut
        whole[whole] = self.mostly_in(local[whole], solids[whole], limit[whole], ball)
        share = np.where(whole, 1.0, 0.0)
        moved = np.where(whole[:, None], places, self.pushed_aside(places, inside, edge))
        left = axes.copy()
        if cut.any():
            share[cut], moved[cut], left[cut] = self.halve(
                seen[cut], axes[cut], gap[cut], normal[cut] @ self.turn, across[cut]
            )
        return share, moved, left

    def edges(self, local, solids, limit):
        """Depth inside the edge that counts, its normal, which it is, and whether it is inside."""
        c, p, s = local.T
        rho, side, end = np.hypot(c, p), np.copysign(1.0, p), np.copysign(1.0, s)
        sine, cosine, zero = np.sin(self.half_angle), np.cos(self.half_angle), np.zeros_like(c)
        gaps = np.array([limit - rho, c * sine - np.abs(p) * cosine, self.half - np.abs(s)])
        inside = (gaps >= 0.0).all(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            normals = np.array(
                [
                    [c / rho, p / rho, zero],
                    [zero - sine, side * cosine, zero],
                    [zero, zero, end],
                ]
            ).transpose(0, 2, 1)
            reaches = np.linalg.norm(np.einsum("sij,esi->esj", solids, normals), axis=2)
            edge = np.argmin(np.where(reaches > 0.0, gaps / reaches, np.inf), axis=0)
        every = np.arange(len(c))
        # Outside: from the nearest point of the sector.
        along = np.clip(c * cosine + np.abs(p) * sine, 0.0, limit)
        beside = np.array([c - along * cosine, p - side * along * sine])
        beyond = np.array([c, p]) * np.maximum(1.0 - limit / np.maximum(rho, 1e-300), 0.0)
        flat = np.where(gaps[1] < 0.0, beside, beyond)
        away = np.array([*flat, end * np.maximum(-gaps[2], 0.0)]).T
        distance = np.linalg.norm(away, axis=1)
        outward = away / np.maximum(distance, 1e-300)[:, None]
        gap = np.where(inside, gaps[edge, every], -distance)
        normal = np.where(inside[:, None], normals[edge, every], outward)
        return gap, normal, edge, inside

    def mostly_in(self, local, solids, limit, ball):
        """Whether more than half of the points in each solid lie in the sector."""
        c, p, s = np.moveaxis(local[:, None, :] + ball @ solids.transpose(0, 2, 1), 2, 0)
        within = (np.hypot(c, p) <= limit[:, None]) & (np.abs(s) <= self.half)
        within &= np.abs(np.arctan2(p, c)) <= self.half_angle
        return within.mean(axis=1) > 0.5

    def pushed_aside(self, places, inside, edge):
        """Where specks that are not taken lie when the cavity has closed."""
        moved = places.copy()
        off, rho2 = self.off(places), (places[:, :2] ** 2).sum(axis=1)
        ends, sides = inside & (edge == 2), inside & (edge == 1)
        moved[ends, 2] = np.sign(places[ends, 2]) * (self.half + HAIR_MM)
        if sides.any():
            clock = self.direction + np.sign(off[sides]) * (self.half_angle + HAIR_MM)
            moved[sides] = self.at(clock, np.zeros(len(clock)), moved[sides, 2])
            void = self.void[self.bins(self.at(clock, np.ones(len(clock)), moved[sides, 2]))]
            moved[sides] = self.at(clock, np.maximum(rho2[sides], void), moved[sides, 2])
        beside = (np.abs(off) <= self.half_angle) & (np.abs(places[:, 2]) <= self.half)
        inward = beside & ~ends & ~sides
        square = (
            np.where(inside, self.reach2, rho2)[inward] - self.inflow[self.bins(places[inward])]
        )
        clock = np.arctan2(places[inward, 0], places[inward, 1])
        moved[inward] = self.at(clock, np.maximum(square, 0.0), places[inward, 2])
        return moved

    @staticmethod
    def at(clock, square, along):
        """Places at a clock angle, a squared distance from the axis, and along it."""
        return np.column_stack(
            [np.sqrt(square) * np.sin(clock), np.sqrt(square) * np.cos(clock), along]
        )

    def halve(self, seen, axes, gap, normal, across):
        """Share that goes of specks that are cut; place and semi-axes of what stays."""
        m = np.einsum("sij,si->sj", axes, normal) / across[:, None]
        t = gap / across
        share = (1.0 + t) ** 2 * (2.0 - t) / 4.0
        middle = 0.75 * (1.0 + t) ** 2 / (2.0 + t)
        lying = seen + np.einsum("sij,sj->si", axes, m * middle[:, None])
        thick, wide = (1.0 - t) / 2.0, np.sqrt((1.0 - share) / ((1.0 - t) / 2.0))
        along_m = m[:, :, None] * m[:, None, :]
        shape = wide[:, None, None] * np.eye(3) + (thick - wide)[:, None, None] * along_m
        # Back to the tissue with the needle out, and in with it where the cavity closes.
        b = self.bins(lying)
        rho2 = (lying[:, :2] ** 2).sum(axis=1)
        rho2 = np.maximum(rho2 - np.maximum(self.outer2 - self.void[b], 0.0), HAIR_MM**2)
        beside = np.abs(lying[:, 2]) <= self.half
        within = np.abs(self.off(lying)) <= self.half_angle
        low = np.where(within, np.maximum(self.void[b], self.reach2), self.void[b])
        rho2 = np.where(beside, np.maximum(rho2, low) - self.inflow[b], rho2)
        clock = np.arctan2(lying[:, 0], lying[:, 1])
        return share, self.at(clock, rho2, lying[:, 2]), axes @ shape
