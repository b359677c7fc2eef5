// A quantized linear in memory, in the plain order of its mathematics; packing is the formats' affair.
internal import Kernels
public import Tensors

/// Codes, zeros and scales of one linear: `W[o][i] ≈ (codes[o][i] − zeros[o][g]) · scales[o][g]`, g = i / groupSize.
public struct QuantizedLinear: Sendable, Equatable {
  /// Rows of the weight.
  public let outFeatures: Int
  /// Columns of the weight; a multiple of the group size.
  public let inFeatures: Int
  public let scheme: QuantizationScheme
  /// `[outFeatures, inFeatures]`, each 0...15, or 0...255 of eight bits.
  public var codes: [UInt8]
  /// `[outFeatures, groups]`, likewise.
  public var zeros: [UInt8]
  /// `[outFeatures, groups]`.
  public var scales: [Float16]

  /// Takes over parts whose sizes fit each other.
  public init(
    outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme, codes: [UInt8], zeros: [UInt8], scales: [Float16]
  ) {
    let groups = outFeatures * (inFeatures / scheme.groupSize)
    precondition(inFeatures % scheme.groupSize == 0, "groups must be whole")
    precondition(codes.count == outFeatures * inFeatures && zeros.count == groups && scales.count == groups)
    self.outFeatures = outFeatures
    self.inFeatures = inFeatures
    self.scheme = scheme
    self.codes = codes
    self.zeros = zeros
    self.scales = scales
  }

  /// Linears over neighbouring blocks of input features as one; there is at least one, and all have the same rows.
  public init(joining parts: [QuantizedLinear]) {
    let rows = parts[0].outFeatures
    func joined<Element>(_ values: (QuantizedLinear) -> [Element]) -> [Element] {
      (0..<rows).flatMap { row in
        parts.flatMap { part in
          let all = values(part)
          let width = all.count / rows
          return all[row * width..<(row + 1) * width]
        }
      }
    }
    guard parts.count > 1 else {
      self = parts[0]
      return
    }
    self.init(
      outFeatures: rows, inFeatures: parts.reduce(0) { $0 + $1.inFeatures }, scheme: parts[0].scheme,
      codes: joined(\.codes), zeros: joined(\.zeros), scales: joined(\.scales))
  }

  /// Linears over the same input features, one's rows below the other's; there is at least one.
  public init(stacking parts: [QuantizedLinear]) {
    self.init(
      outFeatures: parts.reduce(0) { $0 + $1.outFeatures }, inFeatures: parts[0].inFeatures, scheme: parts[0].scheme,
      codes: parts.flatMap(\.codes), zeros: parts.flatMap(\.zeros), scales: parts.flatMap(\.scales))
  }

  /// Groups of one row.
  public var groupsPerRow: Int { inFeatures / scheme.groupSize }

  /// Whether all zeros are 8, or 128 of eight bits, as loaders take them that look at no zeros.
  public var isSymmetric: Bool { zeros.allSatisfy { $0 == scheme.middle } }

  /// The same weights in groups of `size`, which divides its own: each group's scale and zero, repeated.
  public func cut(intoGroupsOf size: Int) -> QuantizedLinear {
    let count = scheme.groupSize / max(size, 1)
    guard count > 1, let shorter = QuantizationScheme(groupSize: size, codes: scheme.codes) else { return self }
    return QuantizedLinear(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: shorter, codes: codes,
      zeros: zeros.flatMap { repeatElement($0, count: count) },
      scales: scales.flatMap { repeatElement($0, count: count) })
  }

  /// Plain rounding: every group from its smallest to its largest weight, every weight to its nearest level.
  /// - Parameter weight: `[outFeatures, inFeatures]`.
  public init(rounding weight: Tensor, scheme: QuantizationScheme) {
    let ranges = GroupRanges(minMax: weight, scheme: scheme)
    self.init(rounding: weight, ranges: ranges, scheme: scheme)
  }

  /// The same of a stored weight, decoded a few rows at a time, with its columns multiplied by `columnScales`.
  public init(
    rounding weight: any WeightMatrix, columnScales: [Float], scheme: QuantizationScheme
  ) {
    let panelRows = 64
    let panels = Parallel.map((weight.rows + panelRows - 1) / panelRows) { panel in
      let rows = panel * panelRows..<min(weight.rows, (panel + 1) * panelRows)
      return QuantizedLinear(
        rounding: weight.decoded(rows: rows).columnsMultiplied(by: columnScales), scheme: scheme)
    }
    var (codes, zeros, scales) = ([UInt8](), [UInt8](), [Float16]())
    codes.reserveCapacity(weight.rows * weight.columns)
    for panel in panels {
      codes += panel.codes
      zeros += panel.zeros
      scales += panel.scales
    }
    self.init(
      outFeatures: weight.rows, inFeatures: weight.columns, scheme: scheme, codes: codes, zeros: zeros, scales: scales)
  }

  /// Rounds every weight to the nearest level of its group's range.
  public init(rounding weight: Tensor, ranges: GroupRanges, scheme: QuantizationScheme) {
    self.init(
      codes: ranges.codes(of: weight.values, scheme: scheme), ranges: ranges, outFeatures: weight.shape[0],
      inFeatures: weight.shape[1], scheme: scheme)
  }

  /// Codes chosen elsewhere, with their ranges.
  public init(
    codes: [UInt8], ranges: GroupRanges, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme
  ) {
    self.init(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme, codes: codes,
      zeros: ranges.ranges.map { UInt8($0.zero) }, scales: ranges.ranges.map { Float16($0.scale) })
  }

  /// The weights the codes stand for, `[outFeatures, inFeatures]`.
  public func dequantized() -> Tensor { decoded(0..<outFeatures) }

  /// Codes minus zeros of `rows`, `[rows, inFeatures]`: the weights in units of their groups' scales.
  public func levels(_ rows: Range<Int>) -> Tensor {
    var result = Tensor(zeros: [rows.count, inFeatures])
    let first = rows.lowerBound * inFeatures
    for index in result.values.indices {
      result.values[index] = Float(codes[first + index]) - Float(zeros[(first + index) / scheme.groupSize])
    }
    return result
  }

  /// The weights that `rows` stand for, `[rows, inFeatures]`.
  public func decoded(_ rows: Range<Int>) -> Tensor {
    var result = Tensor(zeros: [rows.count, inFeatures])
    Parallel.forEachChunk(of: &result.values, chunkCount: 64 * max(inFeatures, 1)) { index, chunk in
      let first = rows.lowerBound + index * 64
      decodeRows(first..<min(first + 64, rows.upperBound), into: &chunk)
    }
    return result
  }
}

extension QuantizedLinear: WeightMatrix {
  public var rows: Int { outFeatures }
  public var columns: Int { inFeatures }

  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    let groupSize = scheme.groupSize
    let first = range.lowerBound * groupsPerRow
    unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe codes.withUnsafeBufferPointer { codes in
        for group in first..<range.upperBound * groupsPerRow {
          let scale = Float(scales[group])
          let zero = Float(zeros[group])
          let start = (group - first) * groupSize
          for index in 0..<groupSize {
            unsafe output[start + index] = (Float(codes[group * groupSize + index]) - zero) * scale
          }
        }
      }
    }
  }
}

/// The ranges of all groups of a linear, row by row.
public struct GroupRanges: Sendable, Equatable {
  /// `outFeatures · groups` ranges.
  public var ranges: [GroupRange]

  /// Ranges chosen elsewhere, row by row.
  public init(_ ranges: [GroupRange]) { self.ranges = ranges }

  /// From the smallest to the largest weight of every group.
  /// - Parameter weight: `[outFeatures, inFeatures]`.
  public init(minMax weight: Tensor, scheme: QuantizationScheme) {
    self.init(weight, scheme: scheme, make: scheme.range)
  }

  /// From every group's extremes through `make`.
  public init(_ weight: Tensor, scheme: QuantizationScheme, make: (_ low: Float, _ high: Float) -> GroupRange) {
    let extremes = GroupExtremes(weight.values, groupSize: scheme.groupSize)
    ranges = zip(extremes.low, extremes.high).map(make)
  }

  /// The codes of the levels nearest to the weights.
  public func codes(of weights: [Float], scheme: QuantizationScheme) -> [UInt8] {
    var values = weights
    return round(&values, scheme: scheme)
  }

  /// Replaces every weight by its nearest level's value; returns the codes.
  @discardableResult
  public func round(_ weights: inout [Float], scheme: QuantizationScheme) -> [UInt8] {
    LevelRounding.round(
      &weights, scales: ranges.map(\.scale), zeros: ranges.map { Float($0.zero) }, groupSize: scheme.groupSize,
      maxCode: scheme.maxCode)
  }
}

/// Everything of a decoder layer that changed; what is not named here stays as it was. It passes from the search, which
/// decides, to the files, which write: neither module knows the other.
public struct QuantizedLayer: Sendable, Equatable {
  /// Quantized linears by canonical module name.
  public var linears: [String: QuantizedLinear]
  /// Values of norms and biases that absorbed scales, by canonical tensor name; they are stored in half precision.
  public var folded: [String: [Float]]

  /// A layer of which nothing changed but this.
  public init(linears: [String: QuantizedLinear] = [:], folded: [String: [Float]] = [:]) {
    self.linears = linears
    self.folded = folded
  }
}
