// Q4_1 blocks against what llama.cpp's Python package makes of them (Scripts/golden/gguf_files.py).
import Foundation
import Kernels
import Quantization
import Safetensors
import Tensors
import Testing

@Suite struct Q41BlocksTests {
  private func golden(_ name: String) throws -> SafetensorsFile {
    let path = Bundle.module.path(forResource: name, ofType: "safetensors", inDirectory: "Resources")
    return try SafetensorsFile(path: try #require(path))
  }

  private func bytes(_ view: TensorView) -> [UInt8] {
    view.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }

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
