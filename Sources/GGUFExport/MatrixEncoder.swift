// Floats on their way into a file in another type, a few rows at a time, and what they lose.
internal import GGUF
internal import Kernels
internal import Quantization
internal import Storage
internal import Tensors

/// Writes matrices in one type and sums up what rounding takes from them.
struct MatrixEncoder {
  let type: GGUFOptions.MatrixType
  /// What messages call the model.
  let path: String
  /// Sums of squares of all values, and of what they lost.
  private var squares = 0.0, errors = 0.0

  /// Values that are held in 32 bit at the same time.
  private static let panelCount = 1 << 20

  init(_ type: GGUFOptions.MatrixType, path: String) {
    self.type = type
    self.path = path
  }

  /// ‖rounded − exact‖ / ‖exact‖ over everything written; 0 if nothing was.
  var relativeError: Double { squares > 0 ? (errors / squares).squareRoot() : 0 }

  /// Writes all rows of `matrix`.
  /// - Throws: `GGUFExportError` for a value that is not finite or too large; `StorageError`.
  mutating func write<Sink: ByteSink & ~Copyable>(
    _ matrix: any WeightMatrix, _ name: String, into writer: inout GGUFWriter<Sink>
  ) throws {
    let panelRows = max(1, Self.panelCount / max(1, matrix.columns))
    for first in stride(from: 0, to: matrix.rows, by: panelRows) {
      let panel = matrix.decoded(rows: first..<min(matrix.rows, first + panelRows))
      try write(panel.values, name, into: &writer)
    }
    matrix.release()
  }

  /// Writes `values`, whole rows.
  /// - Throws: `GGUFExportError` for a value that is not finite or too large; `StorageError`.
  mutating func write<Sink: ByteSink & ~Copyable>(
    _ values: [Float], _ name: String, into writer: inout GGUFWriter<Sink>
  ) throws {
    guard values.allSatisfy(\.isFinite) else { throw GGUFExportError.notFinite(path: path, tensor: name) }
    let rounded: [Float]
    switch type {
    case .f32:
      rounded = values
      try writer.append(unsafe values.span.bytes)
    case .f16:
      let bits = HalfPrecision.float16Bits(values)
      rounded = HalfPrecision.floats(fromFloat16: bits)
      try require(rounded, of: values, name)
      try writer.append(unsafe bits.span.bytes)
    case .bf16:
      let bits = HalfPrecision.bfloat16Bits(values)
      rounded = HalfPrecision.floats(fromBFloat16: bits)
      try require(rounded, of: values, name)
      try writer.append(unsafe bits.span.bytes)
    case .q8_0:
      let blocks = Q80Blocks(values)
      rounded = blocks.values
      try require(rounded, of: values, name)
      try writer.append(blocks.bytes)
    }
    for (value, rounded) in zip(values, rounded) {
      let loss = Double(rounded) - Double(value)
      squares += Double(value) * Double(value)
      errors += loss * loss
    }
  }

  private func require(_ rounded: [Float], of values: [Float], _ name: String) throws(GGUFExportError) {
    guard !rounded.allSatisfy(\.isFinite), let largest = values.max(by: { abs($0) < abs($1) }) else { return }
    throw .beyondType(path: path, tensor: name, value: largest, type: type)
  }
}
