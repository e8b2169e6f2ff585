"""Loss of sound on its way through tissue, slow and obvious."""

import numpy as np


def spread_loss(attenuation, mean, loss, taps_y, taps_x, above, speck, speck_loss, out):
    """Each voxel hands its loss on to its neighbours in the next slice, by a table of shares."""
    nz, ny, nx = attenuation.shape
    ry, rx = len(taps_y) // 2, len(taps_x) // 2
    summed = np.zeros((ny, nx))
    out[:above] = 0.0
    for k in range(above, nz):
        excess = (attenuation[k].astype(float) - mean[k]) * loss[k]
        out[k] = summed + 0.5 * excess
        summed = summed + excess
        for (kk, j, i), db in zip(speck, speck_loss, strict=True):
            if kk == k:
                summed[j, i] += db
        wide = np.pad(summed, ((ry, ry), (rx, rx)), mode="edge")
        summed = np.zeros((ny, nx))
        for dy, weight_y in enumerate(taps_y):
            for dx, weight_x in enumerate(taps_x):
                # The share with index dy moves by dy - ry: it comes from there.
                source = wide[2 * ry - dy :, 2 * rx - dx :][:ny, :nx]
                summed += weight_y * weight_x * source
