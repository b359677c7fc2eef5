// Linears as other programs store them, decoded where they lie; see `WordLayout`.
internal import Kernels
public import Tensors

/// A linear whose codes and zeros are words of `layout`, with scales in 16 or 32 bit, in groups as long as the file says.
///
/// It is shown in groups of 32, 64 or 128: longer ones, up to whole rows, are cut into such with the same scale and zero.
public struct WordMatrix: PackedLinear {
  public let layout: WordLayout
  public let scheme: QuantizationScheme
  public let rows: Int
  public let columns: Int
  private let codes: TensorView
  /// Nil if all are `symmetricZero`.
  private let zeros: TensorView?
  private let scales: TensorView
  /// What messages call the file.
  private let path: String
  private let scaleFormat: FloatFormat
  /// Input features that share a scale in the file; a multiple of the scheme's.
  public let storedGroupSize: Int
  /// The group of each input feature in the file; nil if they follow each other.
  private var order: [Int]?

  /// A linear `[rows, columns]` of views that belong together; nil if their types or shapes do not, or no group size that
  /// loaders take divides theirs.
  /// - Parameters:
  ///   - zeros: Nil if the file has none, and all zeros are 8, or 128 of eight bits.
  ///   - path: What messages call the file.
  public init?(
    _ layout: WordLayout, codes: TensorView, zeros: TensorView?, scales: TensorView, rows: Int, columns: Int,
    path: String
  ) {
    guard scales.info.shape.rank == 2, let scaleFormat = FloatFormat(scales.info.dtype), rows > 0 else { return nil }
    let groups = scales.info.shape[layout.hasTransposedScales ? 0 : 1]
    guard groups > 0, columns > 0, columns % groups == 0 else { return nil }
    let sizes = QuantizationScheme.supportedGroupSizes.reversed()
    guard let groupSize = sizes.first(where: { columns / groups % $0 == 0 }),
      let scheme = QuantizationScheme(groupSize: groupSize, codes: layout.bits == 8 ? .int8 : .int4),
      layout.fits(outFeatures: rows, inFeatures: columns)
    else { return nil }
    guard codes.info.dtype == .int32, codes.info.shape == layout.codes.wordShape(rows: rows, columns: columns),
      scales.info.shape == (layout.hasTransposedScales ? [groups, rows] : [rows, groups])
    else { return nil }
    if let zeros {
      guard zeros.info.dtype == .int32, zeros.info.shape == layout.zeros.wordShape(rows: rows, columns: groups) else {
        return nil
      }
    }
    (self.layout, self.scheme, self.rows, self.columns) = (layout, scheme, rows, columns)
    (self.codes, self.zeros, self.scales, self.path) = (codes, zeros, scales, path)
    self.scaleFormat = scaleFormat
    storedGroupSize = columns / groups
  }

  /// The same with input features of other groups.
  /// - Parameter groups: The group of each, one that there is.
  public func ordered(by groups: [Int]) -> WordMatrix {
    precondition(groups.count == columns, "a group for each input feature")
    var matrix = self
    matrix.order = groups
    return matrix
  }

  public var hasActOrder: Bool { order != nil }

  /// Groups of a row in the file.
  private var storedGroups: Int { columns / storedGroupSize }
  /// The zero of all groups where none are stored.
  private var symmetricZero: Int { scheme.middle }

  public var encodingName: String {
    let size = storedGroups == 1 && storedGroupSize > scheme.groupSize ? "one group a row" : "g\(storedGroupSize)"
    return "\(layout.name) \(layout.bits == 8 ? "int8 " : "")\(zeros == nil ? "sym " : "")\(size)"
      + (order == nil ? "" : " act-order")
  }

  /// Bytes of the tensors.
  public var byteCount: Int { views.reduce(0) { $0 + $1.info.byteCount } }

  public func release() { for view in views { view.release() } }

  private var views: [TensorView] { [codes, scales] + [zeros].compactMap(\.self) }

  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    let values = layout.codes.unpack(codes, range, rows: rows, columns: columns)
    let scales = storedScales(range), zeros = storedZeros(range)
    if let order {
      for index in values.indices {
        let group = index / columns * storedGroups + order[index % columns]
        output[index] = (Float(values[index]) - Float(zeros[group])) * scales[group]
      }
      return
    }
    for group in scales.indices {
      let scale = scales[group], zero = Float(zeros[group])
      for index in group * storedGroupSize..<(group + 1) * storedGroupSize {
        output[index] = (Float(values[index]) - zero) * scale
      }
    }
  }

  /// Zeros of the file's groups in some rows; with an offset, one may be beyond the largest code.
  private func storedZeros(_ range: Range<Int>) -> [Int] {
    guard let zeros else { return [Int](repeating: symmetricZero, count: range.count * storedGroups) }
    return layout.zeros.unpack(zeros, range, rows: rows, columns: storedGroups).map {
      Int($0) + Int(layout.zeroOffset)
    }
  }

  /// Scales of the file's groups in some rows.
  private func storedScales(_ range: Range<Int>) -> [Float] {
    scales.withBytes { bytes in
      range.flatMap { row in
        (0..<storedGroups).map { group in
          let index = layout.hasTransposedScales ? group * rows + row : row * storedGroups + group
          return bytes.float(at: index, as: scaleFormat)
        }
      }
    }
  }

  /// See `PackedLinear.unpacked`.
  /// - Throws: `QuantizationError.inexactScale` for the first scale that half precision cannot hold, `actOrder`.
  public func unpacked() throws -> QuantizedLinear {
    guard order == nil else { throw QuantizationError.actOrder(path: path, tensor: codes.info.name) }
    let stored = storedScales(0..<rows), halves = stored.map { Float16($0) }
    if let group = stored.indices.first(where: { Float(halves[$0]) != stored[$0] }) {
      throw QuantizationError.inexactScale(
        path: path, tensor: scales.info.name, row: group / storedGroups, group: group % storedGroups,
        value: stored[group])
    }
    return linear(halves)
  }

  public func nearestInHalf() -> QuantizedLinear? {
    order == nil ? linear(storedScales(0..<rows).map { Float16($0) }) : nil
  }

  /// The linear with these scales, one for each group that is stored.
  private func linear(_ scales: [Float16]) -> QuantizedLinear {
    QuantizedLinear(
      outFeatures: rows, inFeatures: columns, scheme: scheme,
      codes: layout.codes.unpack(codes.words(), rows: rows, columns: columns),
      zeros: cut(storedZeros(0..<rows).map { UInt8(truncatingIfNeeded: $0) }), scales: cut(scales))
  }

  public func hasSymmetricZeros() -> Bool { storedZeros(0..<rows).allSatisfy { $0 == symmetricZero } }

  /// One value for each of the scheme's groups.
  private func cut<Element>(_ values: [Element]) -> [Element] {
    let count = storedGroupSize / scheme.groupSize
    return count == 1 ? values : values.flatMap { repeatElement($0, count: count) }
  }

  public func isReproduced(by linear: QuantizedLinear) -> Bool {
    guard order == nil, linear.hasForm(of: self) else { return false }
    let count = storedGroupSize / scheme.groupSize
    let firsts = stride(from: 0, to: linear.scales.count, by: count)
    let linearZeros = firsts.map { linear.zeros[$0] }, linearScales = firsts.map { linear.scales[$0] }
    guard cut(linearZeros) == linear.zeros, cut(linearScales) == linear.scales,
      linearScales.map({ Float($0) }) == storedScales(0..<rows)
    else { return false }
    let words = layout.codes.pack(linear.codes, rows: rows, columns: columns)
    guard unsafe codes.hasBytes(words.span.bytes) else { return false }
    guard let zeros else { return linearZeros.allSatisfy { $0 == symmetricZero } }
    let zeroWords = layout.zeros.pack(
      linearZeros.map { $0 &- layout.zeroOffset }, rows: rows, columns: storedGroups)
    return unsafe zeros.hasBytes(zeroWords.span.bytes)
  }

  /// Checks that the stored zeros have one meaning: that none is beyond its bits, and that all are 8, or 128, if the model
  /// calls itself symmetric, since loaders then take that without looking.
  /// - Throws: `QuantizationError`.
  public func requireClearZeros(isSymmetric: Bool) throws(QuantizationError) {
    guard let tensor = zeros?.info.name, layout.zeroOffset > 0 || isSymmetric else { return }
    let values = storedZeros(0..<rows)
    if let group = values.firstIndex(where: { $0 > scheme.maxCode }) {
      throw .wrappedZero(
        path: path, tensor: tensor, row: group / storedGroups, group: group % storedGroups, maxCode: scheme.maxCode)
    }
    if isSymmetric, let group = values.firstIndex(where: { $0 != symmetricZero }) {
      throw .asymmetric(
        path: path, tensor: tensor, row: group / storedGroups, group: group % storedGroups, value: values[group],
        middle: symmetricZero)
    }
  }
}

extension RawSpan {
  /// The value of a float in an array of them.
  fileprivate func float(at index: Int, as format: FloatFormat) -> Float {
    switch format {
    case .float32:
      Float(
        bitPattern: UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
    case .float16: Float(Float16(bitPattern: half(at: index)))
    case .bfloat16: Float(bitPattern: UInt32(half(at: index)) << 16)
    }
  }

  private func half(at index: Int) -> UInt16 {
    UInt16(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
  }
}
