// AWQ tests
