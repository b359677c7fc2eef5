// Linears that a layout cannot hold as they are, with codes or scales rounded once more: only where that is asked for, and
// told.
internal import Kernels
internal import Quantization
internal import Tensors

/// What rounding linears once more has cost.
public struct Requantization: Sendable, Equatable {
  /// How many linears were rounded.
  public private(set) var linearCount = 0
  /// ‖Ŵ − W‖ / ‖W‖ of all of them together, W being what the source's codes stand for.
  public var relativeError: Double { energy > 0 ? (error / energy).squareRoot() : 0 }
  /// The one that lost most, by its name in the file, and how much.
  public private(set) var worst = "", largestError = 0.0
  /// How many linears lost their codes, and are matrices of half precision now.
  public private(set) var halfCount = 0
  private var error = 0.0, energy = 0.0

  /// Whether every linear has its own codes and scales.
  public var isEmpty: Bool { linearCount == 0 && halfCount == 0 }

  /// Rows that are decoded together.
  private static let panelRows = 256

  /// The linear `name` in other codes, plainly rounded.
  /// - Returns: Nil if its weights, or the new scales, are beyond half precision.
  mutating func rounded(_ packed: any PackedLinear, _ name: String, _ scheme: QuantizationScheme) -> QuantizedLinear? {
    let unscaled = [Float](repeating: 1, count: packed.columns)
    let linear = QuantizedLinear(rounding: packed, columnScales: unscaled, scheme: scheme)
    // Ranges that are too wide end there.
    guard linear.scales.allSatisfy({ $0 < .greatestFiniteMagnitude }) else { return nil }
    return noted(linear, for: packed, name)
  }

  /// The linear `name` with its own codes, and scales rounded to half precision.
  /// - Returns: Nil if some are beyond it.
  mutating func scalesRounded(_ packed: any PackedLinear, _ name: String) -> QuantizedLinear? {
    packed.nearestInHalf().flatMap { noted($0, for: packed, name) }
  }

  /// Calls `body` with the weights of a linear in half precision, `[out, in]`, piece by piece.
  /// - Returns: False if some are beyond it; then `body` has not seen all.
  mutating func halves(of packed: any PackedLinear, _ body: (RawSpan) throws -> Void) rethrows -> Bool {
    halfCount += 1
    for rows in Self.panels(of: packed) {
      let values = packed.decoded(rows: rows).values.map { Float16($0) }
      guard values.allSatisfy(\.isFinite) else { return false }
      try body(unsafe values.span.bytes)
    }
    return true
  }

  private static func panels(of packed: any PackedLinear) -> [Range<Int>] {
    stride(from: 0, to: packed.rows, by: panelRows).map { $0..<min(packed.rows, $0 + panelRows) }
  }

  /// `linear` in place of `packed`, with what that costs.
  private mutating func noted(
    _ linear: QuantizedLinear, for packed: any PackedLinear, _ name: String
  ) -> QuantizedLinear? {
    guard linear.scales.allSatisfy(\.isFinite) else { return nil }
    var (lost, whole) = (0.0, 0.0)
    for rows in Self.panels(of: packed) {
      let weight = packed.decoded(rows: rows), difference = linear.decoded(rows) - weight
      lost += difference.rowDots(difference).reduce(0, +)
      whole += weight.rowDots(weight).reduce(0, +)
    }
    guard whole.isFinite else { return nil }
    let relative = whole > 0 ? (lost / whole).squareRoot() : 0
    if linearCount == 0 || relative > largestError { (worst, largestError) = (name, relative) }
    linearCount += 1
    error += lost
    energy += whole
    return linear
  }
}
