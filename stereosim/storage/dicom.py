"""Simulated X-ray images as DICOM Digital Mammography X-Ray Images, marked as synthetic.

The identifiers are derived from the content: the same image gives the same file.
"""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim import __version__
from stereosim.imaging.display import presentation
from stereosim.imaging.spectra import load_tube
from stereosim.imaging.xray import XrayImage

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence
    from pydicom.uid import UID

_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.2.1"
_SYNTHETIC = "Synthetic image: simulated by stereosim, there is no patient"
# The day on which a simulated image was taken says nothing; a fixed one keeps files reproducible.
_DAY = datetime.datetime(2000, 1, 1, 12, 0, 0)
_MATERIALS = {
    "W": "TUNGSTEN",
    "Mo": "MOLYBDENUM",
    "Rh": "RHODIUM",
    "Ag": "SILVER",
}
_STORED_BITS = 14


def write_xray(
    image: XrayImage,
    path: Path,
    *,
    for_presentation: bool = True,
    laterality: str = "R",
    patient_label: str = "SYNTHETIC",
    from_below: bool = False,
) -> None:
    """Write one image as a DICOM file.

    Parameters
    ----------
    image : XrayImage
        Scout, left, right or specimen.
    path : Path
        File to write.
    for_presentation : bool
        Whether to write the picture as displayed (white is dense) or the detector's own linear
        pixels.
    laterality : {"R", "L"}
        Which breast.
    patient_label : str
        Tells virtual patients apart; at most 40 characters.  The name always says that the
        patient is simulated.
    from_below : bool
        Whether the breast lay turned by 180 degrees about y (a caudocranial approach): the columns
        then run toward the patient's left.

    Raises
    ------
    ValueError
        If `laterality` is neither R nor L.
    """
    if laterality not in ("R", "L"):
        raise ValueError(f"laterality: {laterality!r} is neither R nor L")
    xray_dataset(
        image,
        for_presentation=for_presentation,
        laterality=laterality,
        patient_label=patient_label,
        from_below=from_below,
    ).save_as(path, enforce_file_format=True)


def xray_dataset(
    image: XrayImage,
    *,
    for_presentation: bool,
    laterality: str,
    patient_label: str,
    from_below: bool = False,
) -> Dataset:
    """Return the image as a pydicom data set, file meta information included."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    pixels = _stored(image, for_presentation)
    parts = [
        patient_label,
        image.unit,
        image.view.name,
        hashlib.sha256(pixels.tobytes()).hexdigest(),
    ]
    ds = Dataset()
    ds.SOPClassUID = UID(_FOR_PRESENTATION if for_presentation else _FOR_PROCESSING)
    ds.SOPInstanceUID = _uid("image", str(for_presentation), *parts)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = _uid("implementation", __version__)
    _patient_and_study(ds, patient_label)
    _series(ds, image, patient_label, for_presentation, laterality)
    _orientation(ds, from_below)
    _acquisition(ds, image)
    _pixels(ds, image, pixels, for_presentation)
    return ds


def _uid(*parts: str) -> UID:
    from pydicom.uid import generate_uid

    return generate_uid(entropy_srcs=["stereosim", *parts])


def _code(value: str, scheme: str, meaning: str) -> Sequence:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def _patient_and_study(ds: Dataset, label: str) -> None:
    ds.PatientName = f"Simulated^{label[:40]}"
    ds.PatientID = f"STEREOSIM-{label[:40]}"
    ds.PatientBirthDate = ""
    ds.PatientSex = "F"
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = _SYNTHETIC
    ds.PatientComments = _SYNTHETIC
    ds.StudyInstanceUID = _uid("study", label)
    ds.StudyDate, ds.StudyTime = _DAY.strftime("%Y%m%d"), _DAY.strftime("%H%M%S")
    ds.ReferringPhysicianName = ""
    ds.StudyID = "1"
    ds.AccessionNumber = ""
    ds.StudyDescription = "Simulated stereotactic breast biopsy"


def _series(
    ds: Dataset, image: XrayImage, label: str, for_presentation: bool, laterality: str
) -> None:
    from pydicom.sequence import Sequence

    ds.Modality = "MG"
    ds.SeriesInstanceUID = _uid("series", label, image.unit, str(for_presentation))
    ds.SeriesNumber = 1
    ds.SeriesDescription = f"Simulated {image.view.name}"
    ds.PresentationIntentType = "FOR PRESENTATION" if for_presentation else "FOR PROCESSING"
    ds.Manufacturer = "stereosim (simulator)"
    ds.ManufacturerModelName = image.unit
    ds.DeviceSerialNumber = "0"
    ds.SoftwareVersions = __version__
    ds.InstanceNumber = 1
    ds.ImageType = ["DERIVED" if for_presentation else "ORIGINAL", "PRIMARY"]
    ds.ContentDate = ds.AcquisitionDate = ds.StudyDate
    ds.ContentTime = ds.AcquisitionTime = ds.StudyTime
    if for_presentation:
        ds.DerivationDescription = "Logarithm and window of the simulated detector signal"
    ds.ImageComments = _SYNTHETIC
    ds.ImageLaterality = laterality
    ds.BodyPartExamined = "BREAST"
    ds.OrganExposed = "BREAST"
    ds.AnatomicRegionSequence = _code("76752008", "SCT", "Breast")
    ds.AcquisitionContextSequence = Sequence([])


def _orientation(ds: Dataset, from_below: bool) -> None:
    """Columns run along +x, the patient's right unless turned; rows run toward the chest wall."""
    from pydicom.sequence import Sequence

    view = ("399196006", "caudo-cranial") if from_below else ("399162004", "cranio-caudal")
    ds.ViewCodeSequence = _code(view[0], "SCT", view[1])
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])
    ds.PatientOrientation = ["L" if from_below else "R", "P"]


def _acquisition(ds: Dataset, image: XrayImage) -> None:
    view, exposure = image.view, image.exposure
    target, metal, metal_mm = _tube(exposure.target_filter)
    distance = round(float(view.source_mm[2] - view.origin_mm[2]), 4)
    above_support = round(float(view.source_mm[2]), 4)
    ds.KVP = float(exposure.kv)
    ds.Exposure = round(exposure.mas)
    ds.ExposureInuAs = round(exposure.mas * 1e3)
    ds.AnodeTargetMaterial = _MATERIALS[target]
    ds.FilterMaterial = _MATERIALS[metal]
    ds.FilterThicknessMinimum = ds.FilterThicknessMaximum = metal_mm
    ds.FocalSpots = load_tube().focal_spot_mm
    ds.Grid = "NONE"
    ds.HalfValueLayer = round(exposure.half_value_layer_mm, 3)
    ds.OrganDose = float(f"{exposure.dose_mgy * 0.01:.5g}")
    ds.EntranceDoseInmGy = float(f"{exposure.air_kerma_mgy:.5g}")
    ds.BodyPartThickness = float(exposure.thickness_mm)
    ds.PositionerType = "MAMMOGRAPHIC"
    ds.PositionerPrimaryAngle = float(view.angle_deg)
    ds.PositionerPrimaryAngleDirection = "CW" if view.angle_deg < 0 else "CC"
    ds.DistanceSourceToDetector = distance
    # To the support, which is how the standard takes it in mammography.
    ds.DistanceSourceToPatient = above_support
    ds.EstimatedRadiographicMagnificationFactor = round(distance / above_support, 5)
    ds.BreastImplantPresent = "NO"
    ds.PartialView = "YES"
    ds.PartialViewDescription = "Biopsy field"
    direct = image.detector.startswith("a-se")
    ds.DetectorType = "DIRECT" if direct else "SCINTILLATOR"
    ds.DetectorConfiguration = "AREA"
    ds.DetectorDescription = image.detector
    ds.DetectorElementSpacing = ds.ImagerPixelSpacing = [f"{image.pitch_mm:.6g}"] * 2
    ds.DetectorActiveShape = "RECTANGLE"
    rows, columns = view.shape
    ds.DetectorActiveDimensions = [f"{n * image.pitch_mm:.6g}" for n in (rows, columns)]
    ds.FieldOfViewShape = "RECTANGLE"
    ds.FieldOfViewDimensions = [round(n * image.pitch_mm) for n in (rows, columns)]
    ds.FieldOfViewOrigin = [0.0, 0.0]
    ds.FieldOfViewRotation = "0"
    ds.FieldOfViewHorizontalFlip = "NO"


def _tube(target_filter: str) -> tuple[str, str, float]:
    """Split such a name as ``W/Rh50`` into target, filter and filter thickness in mm."""
    target, rest = target_filter.split("/")
    metal = rest.rstrip("0123456789")
    return target, metal, float(rest[len(metal) :]) * 1e-3


def _stored(image: XrayImage, for_presentation: bool) -> NDArray[np.uint16]:
    top = 2**_STORED_BITS - 1
    values = presentation(image) * np.float32(top) if for_presentation else image.pixels
    return np.clip(np.rint(values), 0, top).astype(np.uint16)


def _pixels(
    ds: Dataset, image: XrayImage, pixels: NDArray[np.uint16], for_presentation: bool
) -> None:
    ds.SamplesPerPixel = 1
    # Processing: more signal is less dense, and white is dense.
    ds.PhotometricInterpretation = "MONOCHROME2" if for_presentation else "MONOCHROME1"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, _STORED_BITS, _STORED_BITS - 1
    ds.PixelRepresentation = 0
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    ds.PixelIntensityRelationship = "LOG" if for_presentation else "LIN"
    ds.PixelIntensityRelationshipSign = -1 if for_presentation else 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0.0, 1.0, "US"
    ds.PresentationLUTShape = "IDENTITY" if for_presentation else "INVERSE"
    if for_presentation:
        ds.WindowCenter, ds.WindowWidth = 2.0 ** (_STORED_BITS - 1), 2.0**_STORED_BITS
    ds.PixelData = pixels.tobytes()
