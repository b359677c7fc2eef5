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
    let linears = file.tensors.compactMap { tensor -> (name: String, packed: any PackedInt4)? in
      if case .int4(let packed) = tensor.content { (tensor.name, packed) } else { nil }
    }
    let infos = linears.map { linear in
      TensorInfo(name: linear.name, dtype: .float32, shape: [linear.packed.rows, linear.packed.columns])
    }
    var writer = try SafetensorsWriter(
      SafetensorsPlan(tensors: infos), to: AtomicFileWriter(path: path, overwriting: overwrites))
    for linear in linears {
      let values = linear.packed.decoded().values
      try writer.write(unsafe values.span.bytes, of: linear.name)
    }
    try writer.finish().commit()
  }
}
