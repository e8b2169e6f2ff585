"""Channel echoes by PyMUST and a plain delay-and-sum, line by line, for one probe of the catalogue.

PyMUST (Garcia) sums the spectra of spherical waves of every element; nothing of it is ours.  The
aperture of each line is the same, so scatterers are moved instead.  Its transducers have a
flat-topped spectrum of the stated -6 dB width, ours a Gaussian one; a filter on its signals turns
one into the other, so that like is compared with like.
"""

import math

import numpy as np

SPEED = 1540.0  # m/s


class Peer:
    """One probe whose transmit aperture is focused at `focus_mm`."""

    def __init__(self, probe, focus_mm, *, native_pulse=False):
        import pymust

        self.pymust, self.probe, self.native_pulse = pymust, probe, native_pulse
        aperture = min(
            max(focus_mm / probe.transmit_f_number, 4 * probe.pitch_mm),
            probe.active_elements * probe.pitch_mm,
        )
        self.focus_mm, self.sent_mm = focus_mm, aperture
        param = self.param = pymust.utils.Param()
        param.fc = probe.frequency_mhz * 1e6
        param.fs = 8.0 * param.fc
        param.pitch = probe.pitch_mm * 1e-3
        param.kerf = 1e-9
        param.width = param.pitch - param.kerf
        param.Nelements = probe.active_elements
        param.radius = math.inf
        param.height, param.focus = math.inf, math.inf
        param.c = SPEED
        # The filter needs something to work on: a wide band, a short pulse.
        param.bandwidth = 100.0 * probe.bandwidth if native_pulse else 190.0
        param.TXnow = 1.0 if native_pulse else 0.5
        self.x = (np.arange(param.Nelements) - (param.Nelements - 1) / 2) * probe.pitch_mm
        on = np.abs(self.x) <= 0.5 * aperture + 1e-9
        param.TXapodization = on.astype(float).reshape(1, -1)
        path = np.sqrt(self.x**2 + focus_mm**2)
        # Times are counted from when a wave through the middle of the array would leave it.
        self.first_us = path.max() / SPEED * 1e3 - focus_mm / SPEED * 1e3
        self.delays = ((path.max() - path) / SPEED * 1e-3).reshape(1, -1)

    def lens(self):
        """Switch the elevational lens on."""
        self.param.height = self.probe.element_height_mm * 1e-3
        self.param.focus = self.probe.elevation_focus_mm * 1e-3

    def channels(self, x_mm, z_mm, strength, y_mm=None):
        """Return analytic echoes (samples, elements) of scatterers about the line; the step, us."""
        place = [np.asarray(a, float) * 1e-3 for a in (x_mm, z_mm)]
        if y_mm is not None:
            place.insert(1, np.asarray(y_mm, float) * 1e-3)
        options = self.pymust.utils.Options()
        options.FullFrequencyDirectivity = True
        options.dBThresh = -60
        rf = self.pymust.simus(
            *place, np.asarray(strength, float), self.delays.copy(), self.param, options
        )[0]
        spectrum = np.fft.fft(rf, axis=0)
        f = np.fft.fftfreq(rf.shape[0], 1.0 / self.param.fs)
        keep = (f > 0.0).astype(float)
        if not self.native_pulse:
            at = 2.0 * np.pi * np.maximum(f, 1.0)
            peer = np.abs(
                self.param.getPulseSpectrumFunction()(at) * self.param.getProbeFunction()(at) ** 2
            )
            sd = self.probe.bandwidth * self.param.fc / math.sqrt(8.0 * math.log(2.0))
            wanted = np.exp(-0.5 * ((f - self.param.fc) / sd) ** 2)
            wanted = np.abs(wanted * np.sinc(self.probe.drive_cycles * (f / self.param.fc - 1.0)))
            heard = peer > 0.01 * peer.max()
            keep *= np.where(heard, wanted / np.where(heard, peer, 1.0), 0.0)
        return np.fft.ifft(2.0 * spectrum * keep[:, None], axis=0), 1e6 / self.param.fs

    def line(self, channels, step_us, z_mm):
        """Return the complex image line at depths `z_mm`: dynamic receive aperture, apodised."""
        probe = self.probe
        size = np.clip(
            z_mm / probe.receive_f_number,
            4 * probe.pitch_mm,
            probe.active_elements * probe.pitch_mm,
        )
        total = np.zeros(z_mm.size, complex)
        samples = np.arange(channels.shape[0])
        for e, x in enumerate(self.x):
            share = x / size
            weight = probe.apodisation + (1 - probe.apodisation) * np.cos(2 * np.pi * share)
            weight = np.where(np.abs(share) <= 0.5, weight, 0.0)
            us = (z_mm + np.sqrt(x**2 + z_mm**2)) / SPEED * 1e3 + self.first_us
            signal = channels[:, e]
            at = us / step_us
            # The carrier is taken off, so that linear interpolation serves.
            turn = np.exp(-2j * np.pi * self.param.fc * 1e-6 * step_us * samples)
            base = signal * turn
            value = np.interp(at, samples, base.real) + 1j * np.interp(at, samples, base.imag)
            total += weight * value * np.exp(2j * np.pi * self.param.fc * 1e-6 * us)
        return total


def half_width_mm(profile, step_mm, first=0.0):
    """Distance at which a one-sided amplitude last falls through half of its maximum, mm.

    Samples are `step_mm` apart and begin `first` steps from the axis.
    """
    amplitude = np.abs(profile) / np.abs(profile).max() - 0.5
    last = np.flatnonzero(amplitude > 0.0)[-1]
    return (first + last + amplitude[last] / (amplitude[last] - amplitude[last + 1])) * step_mm
