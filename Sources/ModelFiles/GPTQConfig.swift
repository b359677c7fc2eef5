// config.json of a GPTQ checkpoint: the model's with another quantization_config.
internal import JSON
internal import ModelConfig

/// Writes the quantization into a config, as GPTQModel does.
struct GPTQConfig {
  private let exported: ExportedQuantization
  private let checkpointFormat: String

  /// - Parameter checkpointFormat: `gptq_v2`, or `gptq` for zeros less one.
  init(_ exported: ExportedQuantization, checkpointFormat: String) {
    self.exported = exported
    self.checkpointFormat = checkpointFormat
  }

  var document: JSONValue { exported.config.stating(quantization) }

  private var quantization: JSONValue {
    [
      "quant_method": "gptq", "bits": .integer(4),
      "group_size": .integer(exported.groupSize), "sym": .bool(exported.isSymmetric), "desc_act": false,
      "checkpoint_format": .string(checkpointFormat), "pack_dtype": "int32", "lm_head": false,
      "dynamic": .object(exclusions),
    ]
  }

  /// Modules that are not quantized, as regular expressions after `-:`.
  private var exclusions: JSONObject {
    var object = JSONObject()
    for module in exported.config.modulesOutsideDecoder { object["-:.*" + module] = .object(JSONObject()) }
    for linear in exported.skippedLinears {
      object["-:" + linear.replacing(".", with: "\\.") + "$"] = .object(JSONObject())
    }
    return object
  }
}
