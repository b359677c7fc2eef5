// Quantization tests
