// The pack-quantized layout against words that compressed-tensors packed (Scripts/golden/pack_quantized.py).
import Foundation
import Quantization
import Safetensors
import Tensors
import Testing

@Suite struct PackQuantizedTests {
  private func golden(_ name: String) throws -> SafetensorsFile {
    let path = Bundle.module.path(forResource: name, ofType: "safetensors", inDirectory: "Resources")
    return try SafetensorsFile(path: try #require(path))
  }

  private func bytes(_ view: TensorView) -> [UInt8] {
    view.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }

  @Test(arguments: [32, 64, 128]) func `codes and zeros land where compressed-tensors puts them`(groupSize: Int) throws
  {
    let source = try golden("awq-g\(groupSize)"), expected = try golden("pack-quantized-g\(groupSize)")
    let shape = try source.tensor("codes").info.shape
    let codes = bytes(try source.tensor("codes")), zeros = bytes(try source.tensor("zeros"))
    let linear = QuantizedLinear(
      outFeatures: shape[0], inFeatures: shape[1], scheme: try #require(QuantizationScheme(groupSize: groupSize)),
      codes: codes, zeros: zeros, scales: [Float16](repeating: 1, count: zeros.count))
    let packed = linear.packQuantized
    func littleEndian(_ words: [UInt32]) -> [UInt8] {
      words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
    #expect(littleEndian(packed.packed) == bytes(try expected.tensor("weight_packed")))
    #expect(littleEndian(packed.zeroPoints) == bytes(try expected.tensor("weight_zero_point")))
    #expect(try expected.tensor("weight_packed").info.shape == [shape[0], shape[1] / 8])
    #expect(try expected.tensor("weight_zero_point").info.shape == [(shape[0] + 7) / 8, shape[1] / groupSize])
  }
}
