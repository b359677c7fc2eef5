// The awq_u4 planes, by the layout's definition (Formats/skyq.md), and group ranges at their edges.
import Quantization
import Tensors
import Testing

@Suite struct U4PlanesTests {
  @Test func aBlockOfThirtyTwoFoldsItsHalvesIntoNibbles() throws {
    let linear = try sample(outFeatures: 8, inFeatures: 64, groupSize: 32)
    let planes = linear.u4Planes
    for row in 0..<8 {
      for block in 0..<2 {
        for index in 0..<16 {
          let byte = planes.codes[row * 32 + block * 16 + index]
          #expect(byte & 0xF == linear.codes[row * 64 + block * 32 + index])
          #expect(byte >> 4 == linear.codes[row * 64 + block * 32 + 16 + index])
        }
      }
      #expect(planes.zeros[row] == linear.zeros[row * 2] | linear.zeros[row * 2 + 1] << 4)
    }
  }

  @Test(arguments: [(8, 96, 32), (16, 128, 128), (24, 320, 64)])
  func planesGiveBackTheSameLinear(outFeatures: Int, inFeatures: Int, groupSize: Int) throws {
    let linear = try sample(outFeatures: outFeatures, inFeatures: inFeatures, groupSize: groupSize)
    let again = QuantizedLinear(
      planes: linear.u4Planes, outFeatures: outFeatures, inFeatures: inFeatures, scheme: linear.scheme)
    #expect(again == linear)
  }

  @Test(arguments: [(8, 96, 32), (16, 128, 128), (24, 320, 64)])
  func planesInAFileDecodeToTheSameWeights(outFeatures: Int, inFeatures: Int, groupSize: Int) throws {
    let linear = try sample(outFeatures: outFeatures, inFeatures: inFeatures, groupSize: groupSize)
    let planes = linear.u4Planes
    let groups = inFeatures / groupSize
    let halves = planes.scales.flatMap { [UInt8(truncatingIfNeeded: $0.bitPattern), UInt8($0.bitPattern >> 8)] }
    let matrix = try #require(
      U4Matrix(
        codes: view(planes.codes, .uint8, [outFeatures, inFeatures / 2]),
        scales: view(halves, .float16, [outFeatures, groups]),
        zeros: view(planes.zeros, .uint8, [outFeatures, (groups + 1) / 2]), scheme: linear.scheme, rows: outFeatures,
        columns: inFeatures))
    #expect(matrix.decoded() == linear.dequantized())
    #expect(matrix.unpacked() == linear)
  }

  @Test(arguments: [(8, 32, 32), (136, 96, 32), (520, 4096, 128)])
  func wordsOfAWQBecomePlanesPieceByPiece(outFeatures: Int, inFeatures: Int, groupSize: Int) throws {
    let linear = try sample(outFeatures: outFeatures, inFeatures: inFeatures, groupSize: groupSize)
    let words = linear.words(in: .awqGEMM), groups = inFeatures / groupSize
    func bytes(_ values: [some FixedWidthInteger]) -> [UInt8] {
      values.flatMap { value in
        (0..<type(of: value).bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      }
    }
    let matrix = try #require(
      AWQGEMMMatrix(
        qweight: view(bytes(words.codes), .int32, [inFeatures, outFeatures / 8]),
        qzeros: view(bytes(words.zeros), .int32, [groups, outFeatures / 8]),
        scales: view(bytes(words.scales.map(\.bitPattern)), .float16, [groups, outFeatures]), scheme: linear.scheme))
    var pieces: [UInt8] = [], largest = 0
    try matrix.forEachPlanePiece { piece in
      largest = max(largest, piece.byteCount)
      pieces += unsafe piece.withUnsafeBytes { unsafe Array($0) }
    }
    let planes = linear.u4Planes
    #expect(pieces == planes.codes + bytes(planes.scales.map(\.bitPattern)) + planes.zeros)
    #expect(largest <= matrix.planeScratchByteCount)
  }

  @Test func rangesContainZeroAndAreStorable() {
    #expect(GroupRange(low: 1, high: 4).value(0) == 0)
    #expect(GroupRange(low: 0, high: 0).scale == QuantizationScheme.minScale)
    #expect(GroupRange(low: -1e30, high: 1e30).scale == Float(Float16.greatestFiniteMagnitude))
    let range = GroupRange(low: -0.7, high: 0.8)
    #expect(range.rounded(0) == 0)
    #expect(range.code(.nan) == 0 && range.code(.infinity) == 15 && range.code(-.infinity) == 0)
  }

  /// A linear of well mixed codes, zeros and scales.
  private func sample(outFeatures: Int, inFeatures: Int, groupSize: Int) throws -> QuantizedLinear {
    let scheme = try #require(QuantizationScheme(groupSize: groupSize))
    let groups = outFeatures * inFeatures / groupSize
    return QuantizedLinear(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme,
      codes: (0..<outFeatures * inFeatures).map { UInt8(($0 * 7 + $0 / 13) % 16) },
      zeros: (0..<groups).map { UInt8(($0 * 5 + 3) % 16) },
      scales: (0..<groups).map { Float16(0.001 * Float($0 % 37 + 1)) })
  }

  private func view(_ bytes: [UInt8], _ dtype: DType, _ shape: Shape) -> TensorView {
    TensorView(
      info: TensorInfo(name: "plane", dtype: dtype, shape: shape), storage: ArrayStorage(bytes), byteOffset: 0)
  }
}
