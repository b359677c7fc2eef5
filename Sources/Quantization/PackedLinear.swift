// Quantized linears as they lie in a file, decoded a few rows at a time and never copied as a whole.
public import Kernels
public import Tensors

/// A weight in somebody's bytes as codes of four or eight bits, with zeros and scales.
public protocol PackedLinear: WeightMatrix {
  var scheme: QuantizationScheme { get }
  /// How it is stored, for reports: `awq_u4 g128`.
  var encodingName: String { get }
  /// Bytes of codes, zeros and scales.
  var byteCount: Int { get }
  /// Whether input features are in another order than their groups, so that only decoded rows can be had of it.
  var hasActOrder: Bool { get }
  /// The same linear in memory, in plain order.
  /// - Throws: `QuantizationError` for scales that half precision cannot hold, and for act-order.
  func unpacked() throws -> QuantizedLinear
  /// The same with each scale that half precision cannot hold as the nearest that it can; infinite beyond its range.
  func nearestInHalf() -> QuantizedLinear?
  /// Calls `body` with the planes that a .skyq file has of it (`U4Planes`, `U8Planes`), one after another, in pieces of any size.
  /// - Throws: as `unpacked`; what `body` throws.
  func forEachPlanePiece(_ body: (RawSpan) throws -> Void) throws
  /// Bytes that `forEachPlanePiece` takes meanwhile, at most.
  var planeScratchByteCount: Int { get }
  /// Whether the file's bytes are those that this layout makes of `linear`.
  func isReproduced(by linear: QuantizedLinear) -> Bool
  /// Whether all zeros are the middle of the codes, as loaders take them that look at no zeros.
  /// - Throws: as `unpacked`.
  func hasSymmetricZeros() throws -> Bool
  /// Gives memory back that can be had again by reading; a hint only.
  func release()
}

extension PackedLinear {
  /// See the protocol. Most layouts have no other order.
  public var hasActOrder: Bool { false }

  /// See the protocol. Of scales in half precision; nil if there are others.
  public func nearestInHalf() -> QuantizedLinear? { try? unpacked() }

  /// See the protocol. By way of the plain order.
  public func hasSymmetricZeros() throws -> Bool { try unpacked().isSymmetric }
}

/// A linear in the AWQ GEMM layout (`WordLayout.awqGEMM`), with scales in half precision.
public struct AWQGEMMMatrix: PackedLinear, DotProductMatrix {
  /// `[in, out/8]` I32.
  public let qweight: TensorView
  /// `[groups, out/8]` I32.
  public let qzeros: TensorView
  /// `[groups, out]` F16.
  public let scales: TensorView
  public let scheme: QuantizationScheme
  public let rows: Int
  public let columns: Int

  /// A linear of three views that belong together; nil if their types or shapes do not.
  public init?(qweight: TensorView, qzeros: TensorView, scales: TensorView, scheme: QuantizationScheme) {
    let packed = qweight.info.shape
    guard packed.rank == 2, packed[1] <= Int.max / CodePacking.awq.valueCount else { return nil }
    let columns = packed[0]
    let rows = packed[1] * CodePacking.awq.valueCount
    guard scheme.fits(outFeatures: rows, inFeatures: columns) else { return nil }
    let groups = columns / scheme.groupSize
    guard qweight.info.dtype == .int32, qzeros.info.dtype == .int32, scales.info.dtype == .float16,
      qzeros.info.shape == [groups, packed[1]], scales.info.shape == [groups, rows]
    else { return nil }
    self.qweight = qweight
    self.qzeros = qzeros
    self.scales = scales
    self.scheme = scheme
    self.rows = rows
    self.columns = columns
  }

  /// Bytes of the three tensors.
  public var byteCount: Int { qweight.info.byteCount + qzeros.info.byteCount + scales.info.byteCount }

  public func release() { for view in [qweight, qzeros, scales] { view.release() } }

  public func unpacked() -> QuantizedLinear {
    QuantizedLinear(
      LinearWords(codes: qweight.words(), zeros: qzeros.words(), scales: scales.halves()), in: .awqGEMM,
      outFeatures: rows, inFeatures: columns, scheme: scheme)
  }

  public func isReproduced(by linear: QuantizedLinear) -> Bool {
    guard linear.hasForm(of: self) else { return false }
    let words = linear.words(in: .awqGEMM)
    return unsafe qweight.hasBytes(words.codes.span.bytes) && qzeros.hasBytes(words.zeros.span.bytes)
      && scales.hasBytes(words.scales.span.bytes)
  }

  /// Decodes rows; see `WeightMatrix`. Ranges that are not multiples of eight decode the words around them, too.
  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    let aligned = Self.aligned(range)
    guard aligned != range else { return decode(range, into: &output) }
    var whole = [Float](repeating: 0, count: aligned.count * columns)
    var span = whole.mutableSpan
    decode(aligned, into: &span)
    let skipped = (range.lowerBound - aligned.lowerBound) * columns
    for index in 0..<range.count * columns { output[index] = whole[skipped + index] }
  }

  public var directVectorLimit: Int { Int4Dots.awqGEMMVectorLimit }

  /// Dot products; see `DotProductMatrix`. Ranges that are not multiples of eight make those of the words around them,
  /// too.
  public func dots(_ range: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>) {
    let aligned = Self.aligned(range)
    guard aligned != range else { return alignedDots(range, with: vectors, into: &sums) }
    var all = [Float](repeating: 0, count: vectors.count / columns * aligned.count)
    var span = all.mutableSpan
    alignedDots(aligned, with: vectors, into: &span)
    let skipped = range.lowerBound - aligned.lowerBound
    for index in 0..<vectors.count / columns * range.count {
      sums[index] = all[index / range.count * aligned.count + skipped + index % range.count]
    }
  }

  private static func aligned(_ range: Range<Int>) -> Range<Int> {
    let factor = CodePacking.awq.valueCount
    return range.lowerBound / factor * factor..<(range.upperBound + factor - 1) / factor * factor
  }

  private func alignedDots(_ range: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>) {
    qweight.withBytes { codes in
      qzeros.withBytes { zeros in
        scales.withBytes { scales in
          Int4Dots.awqGEMM(
            qweight: codes, qzeros: zeros, scales: scales, inFeatures: columns, outFeatures: rows,
            groupSize: scheme.groupSize, rows: range, with: vectors, into: &sums)
        }
      }
    }
  }

  private func decode(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    qweight.withBytes { codes in
      qzeros.withBytes { zeros in
        scales.withBytes { scales in
          Int4Decoding.awqGEMM(
            qweight: codes, qzeros: zeros, scales: scales, inFeatures: columns, outFeatures: rows,
            groupSize: scheme.groupSize, rows: range, into: &output)
        }
      }
    }
  }
}

extension PackedLinear {
  public var encodingName: String { "awq_u\(scheme.bits) g\(scheme.groupSize)" }
}

extension QuantizedLinear {
  /// Whether it has the size and the groups of `packed`.
  func hasForm(of packed: some PackedLinear) -> Bool {
    outFeatures == packed.rows && inFeatures == packed.columns && scheme == packed.scheme
  }
}

/// A linear as three planes of a .skyq file (`U4Planes`), with scales in half precision.
public struct U4Matrix: PackedLinear, DotProductMatrix {
  /// `[out, in/2]` U8.
  public let codes: TensorView
  /// `[out, groups]` F16.
  public let scales: TensorView
  /// `[out, ceil(groups/2)]` U8.
  public let zeros: TensorView
  public let scheme: QuantizationScheme
  public let rows: Int
  public let columns: Int

  /// A linear of three views; nil if their types or shapes do not fit `rows` and `columns`.
  public init?(
    codes: TensorView, scales: TensorView, zeros: TensorView, scheme: QuantizationScheme, rows: Int, columns: Int
  ) {
    guard columns % scheme.groupSize == 0 else { return nil }
    let groups = columns / scheme.groupSize
    guard codes.info.dtype == .uint8, scales.info.dtype == .float16, zeros.info.dtype == .uint8,
      codes.info.shape == [rows, columns / 2], scales.info.shape == [rows, groups],
      zeros.info.shape == [rows, U4Planes.zeroBytesPerRow(groups: groups)]
    else { return nil }
    self.codes = codes
    self.scales = scales
    self.zeros = zeros
    self.scheme = scheme
    self.rows = rows
    self.columns = columns
  }

  /// Bytes of the three planes.
  public var byteCount: Int { codes.info.byteCount + scales.info.byteCount + zeros.info.byteCount }

  public func release() { for view in [codes, scales, zeros] { view.release() } }

  public func unpacked() -> QuantizedLinear {
    QuantizedLinear(
      planes: U4Planes(codes: codes.bytes(), scales: scales.halves(), zeros: zeros.bytes()), outFeatures: rows,
      inFeatures: columns, scheme: scheme)
  }

  public func isReproduced(by linear: QuantizedLinear) -> Bool { linear == unpacked() }

  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    codes.withBytes { codes in
      zeros.withBytes { zeros in
        scales.withBytes { scales in
          Int4Decoding.u4(
            codes: codes, scales: scales, zeros: zeros, inFeatures: columns, groupSize: scheme.groupSize, rows: range,
            into: &output)
        }
      }
    }
  }

  public var directVectorLimit: Int { Int4Dots.awqU4VectorLimit }

  public func dots(_ range: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>) {
    codes.withBytes { codes in
      zeros.withBytes { zeros in
        scales.withBytes { scales in
          Int4Dots.awqU4(
            codes: codes, scales: scales, zeros: zeros, inFeatures: columns, groupSize: scheme.groupSize, rows: range,
            with: vectors, into: &sums)
        }
      }
    }
  }
}

extension TensorView {
  /// The tensor's bytes, copied.
  func bytes() -> [UInt8] {
    withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }

  /// Little-endian 32-bit words.
  func words() -> [UInt32] {
    withBytes { span in
      (0..<info.shape.elementCount).map {
        unsafe UInt32(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
      }
    }
  }

  /// Half-precision values.
  func halves() -> [Float16] {
    withBytes { span in
      (0..<info.shape.elementCount).map {
        Float16(
          bitPattern: unsafe UInt16(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)))
      }
    }
  }
}
