// Skyq tests
