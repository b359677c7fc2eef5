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
  private var error = 0.0, energy = 0.0

  /// Rows that are decoded together.
  private static let panelRows = 256

  /// Group sizes that every layout holds.
  private static let groupSizes = [128, 64, 32]

  /// Int4 in groups of at most `groupSize` features, as large as all layouts hold; nil if there are none.
  static func scheme(groupSize: Int) -> QuantizationScheme? {
    groupSizes.first { $0 <= groupSize && groupSize % $0 == 0 }.flatMap { QuantizationScheme(groupSize: $0) }
  }

  /// The linear `name` in other codes, plainly rounded.
  /// - Returns: Nil if its new scales are beyond half precision.
  mutating func rounded(_ packed: any PackedLinear, _ name: String, _ scheme: QuantizationScheme) -> QuantizedLinear? {
    let unscaled = [Float](repeating: 1, count: packed.columns)
    return noted(QuantizedLinear(rounding: packed, columnScales: unscaled, scheme: scheme), for: packed, name)
  }

  /// The linear `name` with its own codes, and scales rounded to half precision.
  /// - Returns: Nil if some are beyond it.
  mutating func scalesRounded(_ packed: any PackedLinear, _ name: String) -> QuantizedLinear? {
    packed.nearestInHalf().flatMap { noted($0, for: packed, name) }
  }

  /// `linear` in place of `packed`, with what that costs.
  private mutating func noted(
    _ linear: QuantizedLinear, for packed: any PackedLinear, _ name: String
  ) -> QuantizedLinear? {
    guard linear.scales.allSatisfy(\.isFinite) else { return nil }
    var (lost, whole) = (0.0, 0.0)
    for first in stride(from: 0, to: packed.rows, by: Self.panelRows) {
      let rows = first..<min(packed.rows, first + Self.panelRows)
      let weight = packed.decoded(rows: rows), difference = linear.decoded(rows) - weight
      lost += difference.rowDots(difference).reduce(0, +)
      whole += weight.rowDots(weight).reduce(0, +)
    }
    let relative = whole > 0 ? (lost / whole).squareRoot() : 0
    if linearCount == 0 || relative > largestError { (worst, largestError) = (name, relative) }
    linearCount += 1
    error += lost
    energy += whole
    return linear
  }
}
