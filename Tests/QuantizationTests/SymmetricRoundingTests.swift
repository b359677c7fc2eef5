// int4-sym and int8 against compressed-tensors' rounding and AutoAWQ's (Scripts/golden/symmetric_rounding.py).
import Foundation
import Kernels
import Quantization
import Safetensors
import Tensors
import Testing

@Suite struct SymmetricRoundingTests {
  private struct Golden {
    let scheme: QuantizationScheme
    let weight: Tensor
    private let file: SafetensorsFile

    init(groupSize: Int, _ codes: CodeScheme) throws {
      let kind = codes == .int8 ? "int8-" : ""
      let path = Bundle.module.path(
        forResource: "symmetric-\(kind)g\(groupSize)", ofType: "safetensors", inDirectory: "Resources")
      file = try SafetensorsFile(path: try #require(path))
      scheme = try #require(QuantizationScheme(groupSize: groupSize, codes: codes))
      let view = try file.tensor("weight")
      weight = Tensor(shape: view.info.shape, values: try view.floats())
    }

    func codes(_ name: String) throws -> [UInt8] {
      try file.tensor(name).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }

    func scales(_ name: String) throws -> [Float] { try file.tensor(name).floats() }
  }

  @Test(arguments: [32, 64, 128], [CodeScheme.int4Symmetric, .int8])
  func `plain rounding is compressed-tensors'`(groupSize: Int, codes: CodeScheme) throws {
    let golden = try Golden(groupSize: groupSize, codes)
    let linear = QuantizedLinear(rounding: golden.weight, scheme: golden.scheme)
    #expect(linear.isSymmetric)
    #expect(linear.scales.map { Float($0) } == (try golden.scales("scales")))
    #expect(linear.codes == (try golden.codes("codes")))
  }

  @Test(arguments: [32, 64, 128], [CodeScheme.int4Symmetric, .int8])
  func `AutoAWQ's ranges are its own`(groupSize: Int, codes: CodeScheme) throws {
    let golden = try Golden(groupSize: groupSize, codes)
    let ranges = GroupRanges(golden.weight, scheme: golden.scheme, make: golden.scheme.autoAWQRange)
    let linear = QuantizedLinear(rounding: golden.weight, ranges: ranges, scheme: golden.scheme)
    #expect(linear.isSymmetric)
    #expect(linear.scales.map { Float($0) } == (try golden.scales("awq_scales")))
    #expect(linear.codes == (try golden.codes("awq_codes")))
  }
}
