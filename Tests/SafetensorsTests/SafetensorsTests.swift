// Safetensors tests
