// Tokenization tests
