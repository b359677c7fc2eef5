// Verification tests
