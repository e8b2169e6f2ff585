"""The volume of a core by counting voxels of 0.05 mm with the needle in place.

The scene is written down anew, in words of what a section would show: a needle, round it what is
empty or full of blood, round that the tissue; the blade takes what lies within its reach.
"""

from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.capture import Tissue, take_core
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.pose import NeedlePose
from tests.biopsy_scenes import CENTRE, specks_at

DEVICES = load_devices()
POSE = NeedlePose.vertical(CENTRE)
EDGE_MM = 0.05


def bled(tissue, area_mm2):
    """The tissue once blood holds its bore open: rho^2 wider by `area_mm2` all round."""
    bore = tissue.bores[-1]
    bore = replace(
        bore,
        void_mm2=bore.void_mm2 + area_mm2,
        shift_mm2=bore.shift_mm2 - area_mm2,
        distended_mm2=bore.distended_mm2 + area_mm2,
    )
    return replace(tissue, bores=(*tissue.bores[:-1], bore))


class Section:
    """What lies round the needle at each clock angle: the area (rho^2) of air, and of blood."""

    def __init__(self, device):
        self.device, self.blood = device, 0.0
        self.cores = []  # clock angle of each core, and the function that gives the air after it

    def within(self, theta, hour):
        """Whether the aperture at `hour` looks at the angle `theta`, rad."""
        half = np.radians(self.device.capture_angle_deg / 2)
        return np.cos(theta - np.radians(30.0 * hour)) >= np.cos(half)

    def air(self, theta):
        """Of all that a core empties, air and blood apart, the tissue takes back the closure."""
        void, reach2 = np.zeros_like(theta), self.device.reach_mm**2
        for hour, blood in self.cores:
            taken = np.maximum(reach2 - void - blood, 0.0)
            emptied = void + (1.0 - self.device.closure) * taken
            void = np.where(self.within(theta, hour), emptied, void)
        return void

    def volume(self, hour):
        """Count the voxels of tissue that a core at `hour` takes, mm^3."""
        device, needle2 = self.device, (self.device.outer_diameter_mm / 2) ** 2
        widest = np.sqrt(device.reach_mm**2 + needle2) + EDGE_MM
        half = device.aperture_mm / 2
        count = 0
        # The needle lies at a slant in the lattice: each slice meets it elsewhere.
        for z in np.arange(-half - EDGE_MM, half + EDGE_MM, EDGE_MM) + 0.007:
            line = np.arange(-widest, widest, EDGE_MM)
            x, y = np.meshgrid(line + 0.0371 * z % EDGE_MM, line + 0.0523 * z % EDGE_MM)
            rho2, theta = x**2 + y**2, np.arctan2(x, y)
            seen = (rho2 <= widest**2) & self.within(theta, hour) & (abs(z) <= half)
            rho2, air = rho2[seen], self.air(theta[seen])
            # The needle finds room in air; what it does not find it takes from blood and tissue.
            pushed = np.maximum(needle2 - air, 0.0)
            tissue = rho2 > air + self.blood + pushed
            count += np.count_nonzero(tissue & (rho2 <= device.reach_mm**2 + pushed))
        return count * EDGE_MM**3

    def sample(self, hour):
        self.cores.append((hour, self.blood))


FAMILIES = sorted({device.family for device in DEVICES.values()})


@pytest.mark.parametrize("name", [*FAMILIES, "vab-9g-petite", "vab-7g-half"])
def test_three_cores_have_the_volumes_of_their_voxels(name):
    """A first core, one that overlaps it, and one in the bore that blood has distended since."""
    device = DEVICES[name]
    section, tissue = Section(device), Tissue.untouched(specks_at([]))
    volumes = []
    for hour, blood in ((2.0, 0.0), (4.5, 0.0), (1.0, 0.2 * device.reach_mm**2)):
        section.blood += blood
        if blood:
            tissue = bled(tissue, blood)
        tissue, core = take_core(tissue, device, POSE, hour)
        volumes.append(core.mass_mg / device.density_mg_mm3)
        assert volumes[-1] == pytest.approx(section.volume(hour), rel=0.01)
        section.sample(hour)
    # The overlap, and then the blood, leave less to take.
    assert volumes[0] > 1.05 * volumes[1] > 1.05 * volumes[2] * 1.05


def test_a_core_across_an_old_bore_misses_what_that_one_took():
    """Two crossing bores: voxels outside the first core's void, in the second one's sector.

    With closure 0 nothing moves, so that both cores are plain sectors and can be counted.
    """
    device = replace(DEVICES["vab-11g"], closure=0.0)
    other = NeedlePose(CENTRE + np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.2, -0.3]), POSE.twelve)
    tissue, _ = take_core(Tissue.untouched(specks_at([])), device, POSE, 12)
    _, second = take_core(tissue, device, other, 9)
    _, alone = take_core(Tissue.untouched(specks_at([])), device, other, 9)

    def inside(points, pose, hour):
        right, twelve, along = pose.frame @ (points - pose.centre_mm).T
        theta = np.arctan2(right, twelve) - np.radians(30 * hour)
        return (
            (np.hypot(right, twelve) <= device.reach_mm)
            & (np.abs(np.angle(np.exp(1j * theta))) <= np.radians(device.capture_angle_deg / 2))
            & (np.abs(along) <= device.aperture_mm / 2)
        )

    edge, half = 0.1, 12.0
    line = np.arange(-half + edge / 2, half, edge)
    count = 0
    for z in line:
        x, y = np.meshgrid(line, line)
        points = CENTRE + np.column_stack([x.ravel(), y.ravel(), np.full(x.size, z)])
        count += np.count_nonzero(inside(points, other, 9) & ~inside(points, POSE, 12))
    volume = second.mass_mg / device.density_mg_mm3
    assert volume == pytest.approx(count * edge**3, rel=0.01)
    assert second.mass_mg < 0.95 * alone.mass_mg
