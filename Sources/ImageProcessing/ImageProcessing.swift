// ImageProcessing
