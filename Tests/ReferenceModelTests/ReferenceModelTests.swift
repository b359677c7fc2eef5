// ReferenceModel tests
