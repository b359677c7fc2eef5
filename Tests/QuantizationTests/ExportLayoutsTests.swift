// Layouts for other programs against what these make of them: the pack-quantized layout against words that
// compressed-tensors packed (Scripts/golden/pack_quantized.py), ggml's blocks against llama.cpp's Python
// package (Scripts/golden/gguf_files.py).
import Foundation
import Kernels
import Quantization
import Safetensors
import Tensors
import Testing

@Suite struct Q41BlocksTests {
  private func linear(_ groupSize: Int) throws -> QuantizedLinear {
    let file = try golden("awq-g\(groupSize)")
    let scheme = try #require(QuantizationScheme(groupSize: groupSize))
    let matrix = AWQGEMMMatrix(
      qweight: try file.tensor("qweight"), qzeros: try file.tensor("qzeros"), scales: try file.tensor("scales"),
      scheme: scheme)
    return try #require(matrix).unpacked()
  }

  @Test(arguments: [32, 64, 128]) func `blocks decode to the weights but for the offset's rounding`(groupSize: Int)
    throws
  {
    let linear = try linear(groupSize), expected = try golden("q4_1-g\(groupSize)")
    let blocks = Q41Blocks(linear)
    #expect(blocks.bytes == bytes(try expected.tensor("blocks")))
    let decoded = try expected.tensor("decoded").floats()
    var largest: Float = 0
    for (index, value) in linear.dequantized().values.enumerated() {
      largest = max(largest, abs(decoded[index] - value) / Float(linear.scales[index / groupSize]))
    }
    // Both round their last product once more in single precision.
    #expect(abs(largest - blocks.largestShift) < 1e-5 && blocks.largestShift < 0.0074)
  }

  @Test func `rows are taken in the order asked for`() throws {
    let linear = try linear(64)
    let order = (0..<linear.outFeatures).map { ($0 * 5 + 3) % linear.outFeatures }
    let width = linear.inFeatures, values = linear.dequantized().values
    #expect(
      linear.rows(in: order).dequantized().values == order.flatMap { values[$0 * width..<($0 + 1) * width] })
  }
}

@Suite struct Q4KBlocksTests {
  private func linear(_ file: SafetensorsFile, groupSize: Int) throws -> QuantizedLinear {
    let shape = try file.tensor("codes").info.shape
    return QuantizedLinear(
      outFeatures: shape[0], inFeatures: shape[1], scheme: try #require(QuantizationScheme(groupSize: groupSize)),
      codes: bytes(try file.tensor("codes")), zeros: bytes(try file.tensor("zeros")),
      scales: try file.tensor("scales").floats().map { Float16($0) })
  }

  @Test(arguments: [(32, 0.05), (64, 0.02), (128, 0.0002)])
  func `codes stay, and scales and zeros lose what six bits leave out`(groupSize: Int, most: Double) throws {
    let file = try golden("q4_k-g\(groupSize)"), linear = try linear(file, groupSize: groupSize)
    let blocks = Q4KBlocks(linear)
    #expect(blocks.bytes == bytes(try file.tensor("blocks")))
    // The error that is told is that of the weights which the format's own package decodes.
    let decoded = try file.tensor("decoded").floats()
    var (added, own) = (0.0, 0.0)
    for (index, value) in linear.dequantized().values.enumerated() {
      let scale = Double(linear.scales[index / groupSize])
      added += (Double(decoded[index]) - Double(value)) * (Double(decoded[index]) - Double(value))
      own += scale * scale / 12
    }
    #expect(abs(added / own - blocks.addedError) < 1e-6 + 1e-3 * blocks.addedError)
    #expect(blocks.addedError < most)
  }

  @Test func `scales of both signs in a block, and infinite ones, are told as errors`() throws {
    let file = try golden("q4_k-g128")
    var linear = try linear(file, groupSize: 128)
    linear.scales[1].negate()
    #expect(Q4KBlocks(linear).addedError > 1)
    linear.scales[1] = .infinity
    #expect(Q4KBlocks(linear).addedError == .infinity)
  }
}

@Suite struct Q80BlocksTests {
  @Test func `blocks and their values are those of the format's own package`() throws {
    let file = try golden("q8_0"), blocks = Q80Blocks(try file.tensor("values").floats())
    #expect(blocks.bytes == bytes(try file.tensor("blocks")))
    #expect(blocks.values == (try file.tensor("decoded").floats()))
  }

  @Test func `values too small for a step in half precision become zeros`() {
    let blocks = Q80Blocks([Float](repeating: 0x1p-140, count: 32))
    #expect(blocks.values == [Float](repeating: 0, count: 32))
  }
}

@Suite struct PackQuantizedTests {
  @Test(arguments: [32, 64, 128]) func `codes and zeros land where compressed-tensors puts them`(groupSize: Int) throws
  {
    let source = try golden("awq-g\(groupSize)"), expected = try golden("pack-quantized-g\(groupSize)")
    let shape = try source.tensor("codes").info.shape
    let codes = bytes(try source.tensor("codes")), zeros = bytes(try source.tensor("zeros"))
    let linear = QuantizedLinear(
      outFeatures: shape[0], inFeatures: shape[1], scheme: try #require(QuantizationScheme(groupSize: groupSize)),
      codes: codes, zeros: zeros, scales: [Float16](repeating: 1, count: zeros.count))
    let packed = linear.words(in: .packQuantized)
    func littleEndian(_ words: [UInt32]) -> [UInt8] {
      words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
    #expect(littleEndian(packed.codes) == bytes(try expected.tensor("weight_packed")))
    #expect(littleEndian(packed.zeros) == bytes(try expected.tensor("weight_zero_point")))
    #expect(try expected.tensor("weight_packed").info.shape == [shape[0], shape[1] / 8])
    #expect(try expected.tensor("weight_zero_point").info.shape == [(shape[0] + 7) / 8, shape[1] / groupSize])
  }
}

private func golden(_ name: String) throws -> SafetensorsFile {
  let path = Bundle.module.path(forResource: name, ofType: "safetensors", inDirectory: "Resources")
  return try SafetensorsFile(path: try #require(path))
}

private func bytes(_ view: TensorView) -> [UInt8] {
  view.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
}
