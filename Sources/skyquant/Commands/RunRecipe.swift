// What decides a quantization's result beside the weights, as one digest: a stopped run may only go on with the same.
import AWQ
import JSON
import ModelConfig
import Quantization
import Storage
import Tensors

struct RunRecipe {
  let options: QuantizationOptions
  /// Bytes of `--keep-16bit`.
  let sixteenBitBytes: Int?
  let config: TextConfig
  let samples: [CalibrationSample]

  /// SHA-256 of settings and samples, in hexadecimal.
  var digest: String {
    get throws {
      var hasher = SHA256Hasher()
      hasher.update(try settings.serialized(.compact))
      for sample in samples {
        hasher.update(unsafe sample.embeddings.values.span.bytes)
        hasher.update(unsafe sample.tokenWeights.span.bytes)
      }
      return hasher.finalize().description
    }
  }

  private var settings: JSONValue {
    let modules = (0..<config.layerCount).flatMap { layer in
      DecoderLinear.allCases.map { $0.moduleName(layer: layer) }.filter { options.isIncluded($0) }
    }
    return [
      "version": .string(Version.current), "method": .string(options.method.rawValue),
      "group_size": .integer(options.scheme.groupSize), "propagate": .string(options.propagation.rawValue),
      "damping": .double(options.damping),
      "without": .array(options.omitted.map(\.rawValue).sorted().map(JSONValue.string)),
      "keep_16bit": .integer(sixteenBitBytes ?? -1), "modules": .array(modules.map(JSONValue.string)),
      "samples": .array(samples.map { [.integer($0.embeddings.rowCount), .bool($0.isHeldOut)] }),
    ]
  }
}
