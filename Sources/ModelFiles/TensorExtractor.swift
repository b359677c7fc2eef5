// Single tensors of a model in a safetensors file of their own, for a look at them with other tools.
internal import Quantization
internal import Safetensors
public import Storage
internal import Tensors

/// Writes tensors of a model decoded.
public struct TensorExtractor {
  private let tensors: [StoredTensor]

  /// An extractor of `tensors`, whose names must differ.
  public init(_ tensors: [StoredTensor]) { self.tensors = tensors }

  /// Writes the safetensors file `path`: dense tensors as they are, int4 linears as F32 `[out, in]`, which holds
  /// (q − z) · s exactly.
  /// - Throws: `SafetensorsError` for a name used twice, `StorageError`; then nothing has the file's name.
  public func write(to path: String, overwriting: Bool, permissions: OutputPermissions = .everyone) throws {
    let plan: SafetensorsPlan
    do throws(SafetensorsError.Reason) {
      plan = try SafetensorsPlan(tensors: tensors.map(\.decodedInfo))
    } catch {
      throw SafetensorsError(path: path, reason: error)
    }
    var writer = try SafetensorsWriter(
      plan,
      to: AtomicFileWriter(
        path: path, overwriting: overwriting, permissions: permissions, byteCount: plan.fileByteCount))
    for tensor in tensors {
      switch try tensor.content {
      case .dense(let view): try view.withBytes { try writer.write($0, of: tensor.name) }
      case .quantized(let packed):
        let rowsAtOnce = max(1, (1 << 20) / max(packed.columns, 1))
        for start in stride(from: 0, to: packed.rows, by: rowsAtOnce) {
          let values = try tensor.floats(start..<min(start + rowsAtOnce, packed.rows))
          try writer.write(unsafe values.span.bytes, of: tensor.name)
        }
      }
      tensor.release()
    }
    try writer.finish().commit()
  }
}

extension StoredTensor {
  fileprivate var decodedInfo: TensorInfo {
    switch encoding {
    case .dense(let dtype): TensorInfo(name: name, dtype: dtype, shape: shape)
    case .quantized: TensorInfo(name: name, dtype: .float32, shape: shape)
    }
  }
}
