// Tensors that torch wrote (Scripts/golden/awq_search.py).
import Foundation
import Kernels
import Safetensors
import Tensors

struct Golden {
  private let file: SafetensorsFile

  init(_ name: String) throws {
    file = try SafetensorsFile(path: Bundle.module.bundlePath + "/Resources/\(name).safetensors")
  }

  /// A tensor of floats, widened.
  func tensor(_ name: String) throws -> Tensor {
    let view = try file.tensor(name)
    return Tensor(shape: view.info.shape, values: try view.floats())
  }

  func floats(_ name: String) throws -> [Float] { try tensor(name).values }

  /// A tensor of bytes.
  func bytes(_ name: String) throws -> [UInt8] {
    try file.tensor(name).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }
}
