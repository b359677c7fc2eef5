// A text model of random weights, small enough to write anew for each test.
import JSON
import ModelConfig
import ModelFiles
import Quantization
import Safetensors
import Storage
import Tensors
import TestSupport

/// Two layers of a Llama: hidden 32 and MLP 48, so that at group size 32 all linears but down_proj fit.
enum TinyLlama {
  static let config = """
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 32, "intermediate_size": 48,
     "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 24,
     "torch_dtype": "float32", "unknown_key": [1, {"a": null}]}
    """
  private static let layer: [(name: String, shape: Shape)] = [
    ("input_layernorm.weight", [32]), ("mlp.down_proj.weight", [32, 48]), ("mlp.gate_proj.weight", [48, 32]),
    ("mlp.up_proj.weight", [48, 32]), ("post_attention_layernorm.weight", [32]),
    ("self_attn.k_proj.weight", [16, 32]), ("self_attn.o_proj.weight", [32, 32]),
    ("self_attn.q_proj.weight", [32, 32]), ("self_attn.v_proj.weight", [16, 32]),
  ]

  /// Writes the model into `folder`, with 8 × 32 more values under the name `more`, and returns its path.
  static func write(into folder: TemporaryDirectory, and more: String? = nil) throws -> String {
    var infos = [("lm_head.weight", [24, 32] as Shape), ("model.embed_tokens.weight", [24, 32])]
    for index in 0..<2 { infos += layer.map { ("model.layers.\(index).\($0.name)", $0.shape) } }
    infos.append(("model.norm.weight", [32]))
    if let more { infos.append((more, [8, 32])) }
    let tensors = infos.map { TensorInfo(name: $0.0, dtype: .float32, shape: $0.1) }
    try folder.write(config, to: "tiny/config.json")
    try folder.write("# Tiny", to: "tiny/README.md")
    try folder.write("print()", to: "tiny/modeling_tiny.py")
    try folder.write("{}", to: "tiny/tokenizer.json")
    try folder.write("not carried over", to: "tiny/.hidden")
    var generator = SeededGenerator(seed: 5)
    var writer = try SafetensorsWriter(
      SafetensorsPlan(tensors: tensors),
      to: AtomicFileWriter(path: folder.path("tiny/model.safetensors"), overwriting: false))
    for info in tensors {
      let bits = (0..<info.shape.elementCount).map { _ in Float.random(in: -1...1, using: &generator).bitPattern }
      try writer.write(
        bits.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }, of: info.name)
    }
    try writer.finish().commit()
    return folder.path("tiny")
  }
}

/// Every linear of `file` that `quantizes` admits, plainly rounded, as a quantizer would hand it over.
func plainOutputs(
  _ file: ModelFile, _ scheme: QuantizationScheme, quantizes: (String) -> Bool
) throws -> [QuantizedLayer] {
  try (0..<file.config.text.layerCount).map { index in
    var output = QuantizedLayer()
    let text = file.config.text
    let (hidden, inner) = (text.hiddenSize, text.intermediateSize)
    let (wide, narrow) = (text.headCount * text.headDim, text.kvHeadCount * text.headDim)
    for (name, rows, columns) in [
      ("self_attn.q_proj", wide, hidden), ("self_attn.k_proj", narrow, hidden), ("self_attn.v_proj", narrow, hidden),
      ("self_attn.o_proj", hidden, wide), ("mlp.gate_proj", inner, hidden), ("mlp.up_proj", inner, hidden),
      ("mlp.down_proj", hidden, inner),
    ] {
      let module = "language_model.model.layers.\(index).\(name)"
      guard quantizes(module), scheme.fits(outFeatures: rows, inFeatures: columns) else { continue }
      let weight = try file.weights.matrix(module + ".weight", rows: rows, columns: columns).decoded()
      output.linears[module] = QuantizedLinear(rounding: weight, scheme: scheme)
    }
    return output
  }
}
