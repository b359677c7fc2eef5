// Parts of the forward pass on empty tokens, for whoever wants to know how long they take.
internal import Kernels
internal import ModelConfig
internal import Tensors

extension LanguageModel {
  /// Reads a sequence of empty tokens in the first layer.
  /// - Throws: if a weight is missing.
  public func tryOutReading(tokens: Int) throws {
    let rotary = rotary(at: Positions(text: 0..<tokens))
    _ = try layer(0)(Tensor(zeros: [tokens, config.hiddenSize]), rotary: rotary)
  }

  /// Takes one empty token of each of several sequences through the first layer, behind `history` others of its own.
  /// - Throws: if a weight is missing.
  public func tryOutStep(sequences: Int, history: Int) throws {
    let layer = try layer(0), keyWidth = config.kvHeadCount * config.headDim
    let places = [Int](repeating: history, count: sequences)
    let rotary = RotaryTable(joining: places.map { self.rotary(at: Positions(text: $0..<$0 + 1)) })
    let empty = [Float](repeating: 0, count: (history + 1) * keyWidth)
    let histories = places.map { _ in KeysAndValues(keys: empty, values: empty) }
    var pass = LayerPass(Tensor(zeros: [sequences, config.hiddenSize]), by: .dots)
    for site in LinearSite.allCases {
      pass.advance(to: site, of: layer) { x in
        let queries = layer.attention.project(x, rotary: rotary, by: .dots).queries
        return ScaledDotProductAttention.attendLast(
          queries: queries, histories: histories, heads: layer.attention.heads)
      }
    }
    pass.leave(layer)
  }

  /// Scores what may follow each of several sequences.
  public func tryOutScores(sequences: Int) {
    _ = LinearProducts.dots(finalNorm(Tensor(zeros: [sequences, config.hiddenSize])), head)
  }
}
