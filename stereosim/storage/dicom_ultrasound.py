"""Simulated B-mode frames as DICOM Ultrasound Images, marked as synthetic like the X-ray images."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stereosim import __version__
from stereosim.imaging.ultrasound.frame import Frame, bmode

# One study per virtual patient holds both kinds of images.
from stereosim.storage.dicom import _SYNTHETIC, _code, _patient_and_study, _uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_ULTRASOUND_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"
_TWO_DIMENSIONAL, _TISSUE, _CENTIMETRES = 1, 1, 3  # PS3.3 C.8.5.5


def write_ultrasound(
    frame: Frame, path: Path, *, laterality: str = "R", patient_label: str = "SYNTHETIC"
) -> None:
    """Write the displayed frame, 8 bits, with its calibration, as a DICOM file.

    Parameters
    ----------
    frame : Frame
        The B-mode frame.
    path : Path
        File to write.
    laterality : {"R", "L"}
        Which breast.
    patient_label : str
        Tells virtual patients apart; at most 40 characters.

    Raises
    ------
    ValueError
        If `laterality` is neither R nor L.
    """
    if laterality not in ("R", "L"):
        raise ValueError(f"laterality: {laterality!r} is neither R nor L")
    ultrasound_dataset(frame, laterality=laterality, patient_label=patient_label).save_as(
        path, enforce_file_format=True
    )


def ultrasound_dataset(frame: Frame, *, laterality: str, patient_label: str) -> Dataset:
    """Return the frame as a pydicom data set, file meta information included."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    pixels = np.rint(bmode(frame) * 255.0).astype(np.uint8)
    if pixels.size % 2:  # the element's length must be even
        pixels = np.vstack([pixels, np.zeros((1, pixels.shape[1]), np.uint8)])
    ds = Dataset()
    ds.SOPClassUID = _ULTRASOUND_IMAGE
    ds.SOPInstanceUID = _uid("image", patient_label, hashlib.sha256(pixels.tobytes()).hexdigest())
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = _uid("implementation", __version__)
    _patient_and_study(ds, patient_label)
    ds.Modality = "US"
    ds.SeriesInstanceUID = _uid("series", patient_label, frame.probe.name)
    ds.SeriesNumber = 2
    ds.SeriesDescription = "Simulated ultrasound"
    ds.Laterality = laterality
    ds.BodyPartExamined = "BREAST"
    ds.AnatomicRegionSequence = _code("76752008", "SCT", "Breast")
    ds.Manufacturer = "stereosim (simulator)"
    ds.ManufacturerModelName = frame.probe.name
    ds.DeviceSerialNumber = "0"
    ds.SoftwareVersions = __version__
    ds.InstanceNumber = 1
    ds.PatientOrientation = ""
    ds.ImageType = ["ORIGINAL", "PRIMARY", "SMALL PARTS", "0001"]  # 0001: two-dimensional imaging
    ds.ContentDate, ds.ContentTime = ds.StudyDate, ds.StudyTime
    ds.ImageComments = _SYNTHETIC
    ds.TransducerType = "LINEAR"
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.PixelRepresentation = 0
    ds.PixelAspectRatio = [round(frame.row_mm * 1e4), round(frame.column_mm * 1e4)]
    _calibrate(ds, frame)
    ds.PixelData = pixels.tobytes()
    return ds


def _calibrate(ds: Dataset, frame: Frame) -> None:
    """Say how large the pixels are, the way ultrasound does."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    region = Dataset()
    region.RegionSpatialFormat = _TWO_DIMENSIONAL
    region.RegionDataType = _TISSUE
    region.RegionFlags = 0
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = ds.Columns - 1, ds.Rows - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = _CENTIMETRES
    region.PhysicalDeltaX, region.PhysicalDeltaY = frame.column_mm * 0.1, frame.row_mm * 0.1
    region.TransducerFrequency = round(frame.probe.frequency_mhz * 1e3)
    ds.SequenceOfUltrasoundRegions = Sequence([region])
