// Skyq
