// What savers leave in a checkpoint, or leave out of it, that models of the kind do not differ in.
internal import ModelConfig

extension [StoredTensor] {
  /// These without what no model of `config` needs, and with the names that it has elsewhere.
  ///
  /// Left out are the rotary frequencies that older transformers stored with each layer: constants that config.json gives.
  /// Where embedding table and output head are tied and only the head is stored, it is named as the table, which is the
  /// one of the two that all loaders look for.
  func usual(for config: ModelConfig) -> [StoredTensor] {
    let tensors = filter { !$0.name.hasSuffix(".rotary_emb.inv_freq") }
    guard config.text.tiesEmbeddings else { return tensors }
    let table = DecoderNames.embeddings + ".weight", norm = DecoderNames.finalNorm + ".weight"
    var places: [String: Int] = [:]
    for (place, tensor) in tensors.enumerated() {
      for name in WeightNames.canonical(tensor.name, layout: config.layout) { places[name.name] = place }
    }
    // The norm stands beside the table.
    guard places[table] == nil, let head = places[DecoderNames.head + ".weight"], let beside = places[norm],
      let prefix = tensors[beside].name.removingSuffix("norm.weight")
    else { return tensors }
    var named = tensors
    named[head] = tensors[head].named(prefix + "embed_tokens.weight")
    return named
  }
}
