// config.json of a compressed-tensors checkpoint: the model's with another quantization_config.
internal import JSON
internal import ModelConfig
internal import Quantization

/// Writes the quantization into a config, as llm-compressor 0.14 does: one group of modules for each kind of codes.
struct CompressedTensorsConfig {
  private let exported: ExportedQuantization

  init(_ exported: ExportedQuantization) { self.exported = exported }

  var document: JSONValue {
    exported.config.stating(quantization) { exported.isServedInHalf ? $0.servedInHalf : $0 }
  }

  /// What linears of one group have in common.
  private struct Kind: Hashable {
    let bits: Int
    let omitsZeros: Bool

    init(_ form: LinearForm) { (bits, omitsZeros) = (form.scheme.bits, form.omitsZeros) }
  }

  private var quantization: JSONValue {
    [
      "quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed",
      "config_groups": .object(groups), "ignore": .array(ignored.map(JSONValue.string)), "kv_cache_scheme": .null,
    ]
  }

  /// One group takes all linears that are not ignored; of several, each names its own.
  private var groups: JSONObject {
    let modules = Dictionary(grouping: exported.linears) { Kind($0.form) }
    let kinds = modules.keys.sorted { ($0.bits, $0.omitsZeros ? 1 : 0) < ($1.bits, $1.omitsZeros ? 1 : 0) }
    var groups = JSONObject()
    for (number, kind) in kinds.enumerated() {
      let own = ModulePatterns(modules[kind, default: []].map(\.module)).expressions.map { "re:" + $0 }
      groups["group_\(number)"] = group(kind, targets: kinds.count == 1 && ignoresAllOutside ? ["Linear"] : own)
    }
    return groups
  }

  private func group(_ kind: Kind, targets: [String]) -> JSONValue {
    let weights: JSONValue = [
      "num_bits": .integer(kind.bits), "type": "int", "strategy": "group",
      "group_size": .integer(exported.groupSize), "symmetric": .bool(kind.omitsZeros), "dynamic": false,
      "actorder": .null,
    ]
    return [
      "targets": .array(targets.map(JSONValue.string)), "weights": weights, "input_activations": .null,
      "output_activations": .null, "format": "pack-quantized",
    ]
  }

  /// What lies outside the decoder's layers: an expression for all of it, and parts of its modules' names.
  private var outside: [(expression: String, names: [String])] {
    let all: [(expression: String, names: [String])] = [
      ("re:.*vision_(model|tower).*", ["vision_model.", "vision_tower."]),
      ("re:.*(mlp1|multi_modal_projector).*", ["mlp1.", "multi_modal_projector."]),
      ("re:.*" + DecoderNames.headComponent, [DecoderNames.headComponent]),
    ]
    return exported.config.layout == .text ? Array(all.suffix(1)) : all
  }

  private static func lies(_ module: String, in names: [String]) -> Bool { names.contains { module.contains($0) } }

  private var ignoresAllOutside: Bool {
    outside.allSatisfy { area in !exported.linears.contains { Self.lies($0.module, in: area.names) } }
  }

  /// Names, and regular expressions after `re:` for what is not quantized at all.
  private var ignored: [String] {
    let elsewhere = outside.flatMap { area in
      let isWhole = !exported.linears.contains { Self.lies($0.module, in: area.names) }
      return isWhole ? [area.expression] : exported.skippedElsewhere.filter { Self.lies($0, in: area.names) }
    }
    return elsewhere + exported.skippedLinears
  }
}

/// Regular expressions for modules, those of many layers in one: programs put other names before those of the files.
struct ModulePatterns {
  /// In the order of the modules.
  private(set) var expressions: [String] = []

  /// Expressions that match `modules`, and of a model nothing else.
  init(_ modules: [String]) {
    var layers: [String: [Int]] = [:], order: [String] = []
    for module in modules {
      let (pattern, layer) = Self.parts(of: module)
      if layers[pattern] == nil { order.append(pattern) }
      layers[pattern, default: []] += [layer].compactMap(\.self)
    }
    expressions = order.map { pattern in
      let numbers = layers[pattern, default: []].map(String.init).joined(separator: "|")
      return ".*" + pattern.replacing(".", with: "\\.").replacing("#", with: "(\(numbers))") + "$"
    }
  }

  /// `layers.#.mlp.down_proj` and 3 of `model.layers.3.mlp.down_proj`; of a module in no layer its name.
  private static func parts(of module: String) -> (pattern: String, layer: Int?) {
    let components = module.split(separator: ".")
    guard let place = components.lastIndex(where: { Int($0) != nil }), place > 0, place + 1 < components.count,
      let layer = Int(components[place])
    else { return (module, nil) }
    let rest = components[(place + 1)...].joined(separator: ".")
    return ("\(components[place - 1]).#.\(rest)", layer)
  }
}
