// The AWQ GEMM layout and AutoAWQ's rounding against goldens made in torch (Scripts/golden/awq_packing.py).
import Foundation
import Kernels
import Quantization
import Safetensors
import Tensors
import Testing

/// A linear quantized and packed in torch.
private struct Golden {
  let file: SafetensorsFile
  let scheme: QuantizationScheme
  let weight: Tensor

  init(groupSize: Int) throws {
    let path = Bundle.module.path(forResource: "awq-g\(groupSize)", ofType: "safetensors", inDirectory: "Resources")
    file = try SafetensorsFile(path: try #require(path))
    scheme = try #require(QuantizationScheme(groupSize: groupSize))
    let view = try file.tensor("weight")
    weight = Tensor(shape: view.info.shape, values: try view.floats())
  }

  var rows: Int { weight.shape[0] }
  var columns: Int { weight.shape[1] }

  func bytes(_ name: String) throws -> [UInt8] {
    try file.tensor(name).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }

  func matrix() throws -> AWQGEMMMatrix {
    try #require(
      AWQGEMMMatrix(
        qweight: try file.tensor("qweight"), qzeros: try file.tensor("qzeros"), scales: try file.tensor("scales"),
        scheme: scheme))
  }
}

@Suite struct AWQPackingTests {
  @Test func eightColumnsFillAWordInAWQOrder() throws {
    let scheme = try #require(QuantizationScheme(groupSize: 32))
    // Column c of the output holds code c in every row of input.
    let codes = (0..<8).flatMap { column in [UInt8](repeating: UInt8(column), count: 32) }
    let linear = QuantizedLinear(
      outFeatures: 8, inFeatures: 32, scheme: scheme, codes: codes, zeros: [UInt8](repeating: 0, count: 8),
      scales: [Float16](repeating: 1, count: 8))
    #expect(linear.words(in: .awqGEMM).codes == [UInt32](repeating: 0x7531_6420, count: 32))
  }

  @Test(arguments: [32, 64, 128]) func roundingByAutoAWQsRangesGivesTorchsCodes(groupSize: Int) throws {
    let golden = try Golden(groupSize: groupSize)
    let ranges = GroupRanges(golden.weight, scheme: golden.scheme, make: GroupRange.autoAWQ)
    let linear = QuantizedLinear(rounding: golden.weight, ranges: ranges, scheme: golden.scheme)
    #expect(linear.zeros == (try golden.bytes("zeros")))
    #expect(linear.codes == (try golden.bytes("codes")))
  }

  @Test(arguments: [32, 64, 128]) func packingGivesTorchsBytes(groupSize: Int) throws {
    let golden = try Golden(groupSize: groupSize)
    let ranges = GroupRanges(golden.weight, scheme: golden.scheme, make: GroupRange.autoAWQ)
    let packed = QuantizedLinear(rounding: golden.weight, ranges: ranges, scheme: golden.scheme).words(in: .awqGEMM)
    #expect(packed.codes.flatMap(\.littleEndianBytes) == (try golden.bytes("qweight")))
    #expect(packed.zeros.flatMap(\.littleEndianBytes) == (try golden.bytes("qzeros")))
    #expect(packed.scales.flatMap { $0.bitPattern.littleEndianBytes } == (try golden.bytes("scales")))
  }

  @Test(arguments: [32, 64, 128]) func readingPackedBytesGivesTorchsWeights(groupSize: Int) throws {
    let golden = try Golden(groupSize: groupSize)
    let decoded = try golden.file.tensor("decoded").floats()
    #expect(try golden.matrix().decoded().values == decoded)
    #expect(try golden.matrix().unpacked().dequantized().values == decoded)
  }

  @Test(arguments: [0..<1, 3..<5, 7..<9, 1..<8]) func anyRowsCanBeDecoded(range: Range<Int>) throws {
    let golden = try Golden(groupSize: 64)
    let decoded = try golden.file.tensor("decoded").floats()
    var rows = [Float](repeating: 0, count: range.count * golden.columns)
    var span = rows.mutableSpan
    try golden.matrix().decodeRows(range, into: &span)
    #expect(rows == Array(decoded[range.lowerBound * golden.columns..<range.upperBound * golden.columns]))
  }

  @Test func partsOfWrongShapeAreNotALinear() throws {
    let golden = try Golden(groupSize: 64)
    let wrong = AWQGEMMMatrix(
      qweight: try golden.file.tensor("qweight"), qzeros: try golden.file.tensor("qweight"),
      scales: try golden.file.tensor("scales"), scheme: golden.scheme)
    #expect(wrong == nil)
  }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}
