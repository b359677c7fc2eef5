// Choices of the libraries as command-line arguments.
public import AWQ
public import ArgumentParser

extension QuantizationMethod: ExpressibleByArgument {}
extension Propagation: ExpressibleByArgument {}
