"""Loss of sound on its way through tissue, slow and obvious."""

import numpy as np


def spread_loss(attenuation, mean, loss, taps_y, taps_x, above, speck, speck_loss, out):
    """Each voxel hands its loss on to its neighbours in the next slice, by a table of shares."""
    nz, ny, nx = attenuation.shape
    summed = np.zeros((ny, nx))
    out[:above] = 0.0
    for k in range(above, nz):
        excess = (attenuation[k].astype(float) - mean[k]) * loss[k]
        out[k] = summed + 0.5 * excess
        summed = summed + excess
        for (kk, j, i), db in zip(speck, speck_loss, strict=True):
            if kk == k:
                summed[j, i] += db
        summed = _spread(summed, taps_y, taps_x)


def spread_shade(stops, taps_y, taps_x, fall, through, stopped):
    """The same for the beam that is left, and for what opaque things have taken out of it."""
    beam, lost = np.ones(stops.shape[1:]), np.zeros(stops.shape[1:])
    for k, share in enumerate(stops.astype(float)):
        through[k], stopped[k] = beam, lost
        lost = _spread(fall * (lost + beam * share), taps_y, taps_x)
        beam = _spread(beam * (1.0 - share), taps_y, taps_x)


def _spread(plane, taps_y, taps_x):
    ry, rx = len(taps_y) // 2, len(taps_x) // 2
    wide = np.pad(plane, ((ry, ry), (rx, rx)), mode="edge")
    ny, nx = plane.shape
    out = np.zeros((ny, nx))
    for dy, weight_y in enumerate(taps_y):
        for dx, weight_x in enumerate(taps_x):
            # The share with index dy moves by dy - ry: it comes from there.
            out += weight_y * weight_x * wide[2 * ry - dy :, 2 * rx - dx :][:ny, :nx]
    return out
