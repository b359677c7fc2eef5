// Tensors as checkpoints hold them, for models that tests put together.
import Kernels
import Quantization
import Tensors
import Testing

extension TensorView {
  var bytes: [UInt8] { withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } } }

  /// The weight `name` plainly rounded in groups of `groupSize`, as AWQ checkpoints hold it.
  func roundedToInt4(named name: String, groupSize: Int = 64) throws -> [(TensorInfo, [UInt8])] {
    let scheme = try #require(QuantizationScheme(groupSize: groupSize))
    let awq = QuantizedLinear(rounding: Tensor(shape: info.shape, values: try floats()), scheme: scheme)
      .words(in: .awqGEMM)
    let (rows, columns) = (info.shape[0], info.shape[1]), module = name.dropLast(".weight".count)
    let groups = columns / groupSize
    return [
      (TensorInfo(name: module + ".qweight", dtype: .int32, shape: [columns, rows / 8]), littleEndian(awq.codes)),
      (TensorInfo(name: module + ".qzeros", dtype: .int32, shape: [groups, rows / 8]), littleEndian(awq.zeros)),
      (
        TensorInfo(name: module + ".scales", dtype: .float16, shape: [groups, rows]),
        littleEndian(awq.scales.map(\.bitPattern))
      ),
    ]
  }
}

func littleEndian(_ values: [some FixedWidthInteger]) -> [UInt8] {
  values.flatMap { value in (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
}
