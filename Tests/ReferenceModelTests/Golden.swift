// Tensors that PyTorch wrote, and how far ours may be from them.
import Foundation
import Kernels
import ModelConfig
import JSON
import ReferenceModel
import SampleModel
import Safetensors
import Tensors

/// Relative L2 distance to PyTorch fp32 that the order of f32 sums explains: model.md's acceptance for tiny models.
/// The two references themselves differ by about 1e-6.
let goldenTolerance = 1e-5

/// One file of golden tensors and the model they came from.
struct Golden {
  let checkpoint: SafetensorsCheckpoint
  let model: VisionLanguageModel
  let config: ModelConfig

  static let resources = Bundle.module.bundlePath + "/Resources"

  init(_ name: String) throws {
    let resources = Self.resources
    checkpoint = try SafetensorsCheckpoint(path: "\(resources)/goldens/\(name).safetensors")
    let directory = name.hasPrefix("tiny-r1v") ? try SampleModel().modelDirectory : "\(resources)/random-vit300m"
    let weights = CheckpointWeights(checkpoint: try SafetensorsCheckpoint(path: directory))
    config = try readConfig(directory + "/config.json")
    model = try VisionLanguageModel(weights: weights, config: config)
  }

  func floats(_ name: String) throws -> Tensor { try checkpoint.floats(name) }

  func ids(_ name: String) throws -> [Int] { try checkpoint.ids(name) }

  /// Names of all hidden states in the file.
  var traceNames: [String] {
    checkpoint.tensors.map(\.name).filter { !["tiles_u8", "pixel_values", "input_ids", "generated_ids"].contains($0) }
  }
}

extension SafetensorsCheckpoint {
  func floats(_ name: String) throws -> Tensor {
    let view = try self.view(name)
    return Tensor(shape: view.info.shape, values: try view.floats())
  }

  func ids(_ name: String) throws -> [Int] {
    try view(name).withBytes { bytes in
      stride(from: 0, to: bytes.byteCount, by: 4).map {
        unsafe Int(bytes.unsafeLoadUnaligned(fromByteOffset: $0, as: Int32.self))
      }
    }
  }
}

func readConfig(_ path: String) throws -> ModelConfig {
  try ModelConfig(document: JSONValue(parsing: [UInt8](Data(contentsOf: URL(filePath: path)))))
}

/// ‖a − b‖ / ‖b‖.
func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return .infinity }
  var (difference, norm) = (0.0, 0.0)
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    norm += Double(y) * Double(y)
  }
  return (difference / norm).squareRoot()
}
