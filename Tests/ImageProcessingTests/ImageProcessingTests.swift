// ImageProcessing tests
