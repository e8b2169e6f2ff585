"""Files: DICOM images and the results of experiments."""
