// Where tokens stand, and the rotation of heads by it, as in transformers' `modeling_rope_utils.py`.
internal import Glibc
public import Tensors

/// Where the tokens of a sequence stand, as the rotary embedding sees it: not always what their places in the sequence
/// are. Text stands on one line; a model that gives its picture tokens a row and a column too (Qwen2.5-VL) differs
/// in what is held here, not in what takes it.
public struct Positions: Sendable, Equatable {
  private let places: [Int]
  /// One more than the largest: where text behind these tokens goes on, and the length that rotary scaling goes by.
  public let end: Int

  /// Text, at consecutive positions.
  public init(text range: Range<Int>) {
    places = Array(range)
    end = range.upperBound
  }

  /// Those of several sequences, one behind the other.
  init(joining parts: [Positions]) {
    places = parts.flatMap(\.places)
    end = parts.map(\.end).max() ?? 0
  }

  /// Tokens.
  public var count: Int { places.count }

  /// Position · frequency, rounded to f32 as in the reference.
  /// - Parameter frequencies: `[headDim / 2]`, radians per position.
  /// - Returns: `[tokens, headDim / 2]`.
  func angles(_ frequencies: [Float]) -> [Float] {
    places.flatMap { place in frequencies.map { Float(place) * $0 } }
  }
}

/// Cosines and sines of the rotary angles at the positions of some tokens.
public struct RotaryTable: Sendable, Equatable {
  public let positions: Positions
  /// Width of a head; even.
  public let headDim: Int
  /// `[positions, headDim / 2]`.
  public let cosines: [Float]
  /// `[positions, headDim / 2]`.
  public let sines: [Float]

  /// Cosines and sines of the angles, which are f32, are taken exactly.
  /// - Parameters:
  ///   - positions: of the tokens that will be rotated.
  ///   - frequencies: `[headDim / 2]`, radians per position.
  ///   - scale: What both are multiplied by: the attention factor of some scalings.
  public init(positions: Positions, frequencies: [Float], scale: Float = 1) {
    self.positions = positions
    headDim = 2 * frequencies.count
    let angles = positions.angles(frequencies)
    cosines = angles.map { Float(cos(Double($0))) * scale }
    sines = angles.map { Float(sin(Double($0))) * scale }
  }

  /// The tables of several sequences, one behind the other, for the rows of all of them.
  /// - Parameter parts: Of equal head width.
  public init(joining parts: [RotaryTable]) {
    precondition(parts.allSatisfy { $0.headDim == parts.first?.headDim }, "heads of different width")
    positions = Positions(joining: parts.map(\.positions))
    headDim = parts.first?.headDim ?? 0
    cosines = parts.flatMap(\.cosines)
    sines = parts.flatMap(\.sines)
  }

  /// Rotates each head of each row:
  /// (x_j, x_{j+d/2}) → (x_j cos a − x_{j+d/2} sin a, x_{j+d/2} cos a + x_j sin a).
  /// - Parameter x: `[positions, heads · headDim]`.
  public func rotate(_ x: consuming Tensor) -> Tensor {
    precondition(x.rowCount == positions.count, "one row per position")
    guard x.shape.elementCount > 0 else { return x }
    precondition(x.rowWidth % headDim == 0, "row is not a whole number of heads")
    let width = x.rowWidth, half = headDim / 2
    Parallel.forEachChunk(of: &x.values, chunkCount: width) { row, chunk in
      let table = row * half
      for head in stride(from: 0, to: width, by: headDim) {
        for j in 0..<half {
          let (c, s) = (cosines[table + j], sines[table + j])
          let (low, high) = (chunk[head + j], chunk[head + half + j])
          chunk[head + j] = low * c - high * s
          chunk[head + half + j] = high * c + low * s
        }
      }
    }
    return x
  }
}
