// Every int4 linear decoded to 32-bit floats, for comparison with independent decoders.
import ModelFiles
import Quantization
import Safetensors
import Storage
import Tensors

struct WeightDump {
  let path: String
  /// Whether an existing file is replaced.
  let overwrites: Bool

  /// Streams `<module>.weight`, F32 `[out, in]`, one linear in memory at a time.
  func write(_ file: ModelFile) throws {
    let linears = file.tensors.filter { if case .int4 = $0.encoding { true } else { false } }
    let infos = linears.map { TensorInfo(name: $0.name, dtype: .float32, shape: $0.shape) }
    let plan = try SafetensorsPlan(tensors: infos)
    var writer = try SafetensorsWriter(
      plan,
      to: AtomicFileWriter(
        path: path, overwriting: overwrites, permissions: file.permissions, byteCount: plan.fileByteCount))
    for linear in linears {
      guard case .int4(let packed) = try linear.content else { continue }
      let values = packed.decoded().values
      try writer.write(unsafe values.span.bytes, of: linear.name)
      linear.release()
    }
    try writer.finish().commit()
  }
}
