// ModelConfig tests
