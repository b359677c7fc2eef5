// How the next token is drawn. From logits to the token, steps and order follow transformers' `generate`: repetition
// penalty, temperature, top-k, top-p, softmax, draw.
import Glibc

/// How the next token is drawn.
public struct SamplingOptions: Sendable, Equatable {
  /// Divides the logits; 0 takes the likeliest token instead of drawing.
  public var temperature: Double
  /// Tokens kept, and all that tie with the last of them; nil keeps all. 50 is transformers' silent default.
  public var topK: Int?
  /// The likeliest tokens that together reach this probability are kept; 1 keeps all.
  public var topP: Double
  /// Divides positive and multiplies negative logits of tokens already generated; 1 changes nothing.
  public var repetitionPenalty: Double
  /// Whether the penalty counts the tokens of the prompt as well, as vLLM does. transformers counts them in text
  /// models, but not where a model gets embeddings, as InternVL's does.
  public var penalizesPrompt = false
  public var seed: UInt64

  /// Options; the defaults draw from the plain softmax of the 50 likeliest tokens.
  public init(
    temperature: Double = 1, topK: Int? = 50, topP: Double = 1, repetitionPenalty: Double = 1, seed: UInt64 = 0
  ) {
    precondition(temperature >= 0 && repetitionPenalty > 0 && topP > 0, "sampling option out of range")
    precondition(topK.map { $0 > 0 } ?? true, "top-k keeps at least one token")
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.repetitionPenalty = repetitionPenalty
    self.seed = seed
  }

  /// Always the likeliest token; the lowest id wins a tie.
  public static let greedy = SamplingOptions(temperature: 0, topK: nil)

  /// The distribution that the next token is drawn from; one token has all of it at temperature 0.
  /// - Parameters:
  ///   - logits: `[vocabulary]`.
  ///   - generated: ids that the penalty counts: those generated so far, and where it is penalised the prompt's.
  /// - Returns: `[vocabulary]`, summing to 1.
  public func probabilities(logits: [Float], generated: [Int]) -> [Double] {
    var scores = penalized(logits, generated)
    guard temperature > 0 else {
      var all = [Double](repeating: 0, count: scores.count)
      if let best = SamplingOptions.indexOfMaximum(scores) { all[best] = 1 }
      return all
    }
    for index in scores.indices { scores[index] /= temperature }
    if let topK { SamplingOptions.keepTop(topK, of: &scores) }
    if topP < 1 { SamplingOptions.keepNucleus(topP, of: &scores) }
    return SamplingOptions.softmax(scores)
  }

  /// The next token, drawn from `probabilities`.
  /// - Parameter logits: `[vocabulary]`.
  func next(logits: ArraySlice<Float>, generated: [Int], _ random: inout SplitMix64) -> Int {
    if temperature == 0, repetitionPenalty == 1 { return SamplingOptions.likeliest(logits) }
    return random.draw(probabilities(logits: Array(logits), generated: generated))
  }

  /// What `probabilities` gives all of it to at temperature 0, without arrays of the vocabulary's size.
  private static func likeliest(_ logits: ArraySlice<Float>) -> Int {
    var best = 0
    var largest = -Float.infinity
    for (index, logit) in logits.enumerated() where logit > largest {
      best = index
      largest = logit
    }
    return best
  }

  /// The index of the largest element, the first of equals; nil if empty. NaN never wins.
  static func indexOfMaximum(_ scores: [Double]) -> Int? {
    var best: Int?
    for (index, score) in scores.enumerated() where score > (best.map { scores[$0] } ?? -.infinity) { best = index }
    return best ?? scores.indices.first
  }

  private func penalized(_ logits: [Float], _ generated: [Int]) -> [Double] {
    var scores = logits.map(Double.init)
    guard repetitionPenalty != 1 else { return scores }
    for id in Set(generated) {
      scores[id] = scores[id] < 0 ? scores[id] * repetitionPenalty : scores[id] / repetitionPenalty
    }
    return scores
  }

  private static func keepTop(_ count: Int, of scores: inout [Double]) {
    guard count < scores.count else { return }
    let threshold = scores.sorted(by: >)[count - 1]
    for index in scores.indices where scores[index] < threshold { scores[index] = -.infinity }
  }

  /// Drops the unlikeliest tokens whose probabilities sum to at most 1 − p.
  private static func keepNucleus(_ p: Double, of scores: inout [Double]) {
    let probabilities = softmax(scores)
    let ascending = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
    var sum = 0.0
    for index in ascending.dropLast() {
      sum += probabilities[index]
      guard sum <= 1 - p else { return }
      scores[index] = -.infinity
    }
  }

  /// Natural logarithms of the softmax of `logits`.
  static func logProbabilities(_ logits: [Float]) -> [Double] {
    let scores = logits.map(Double.init), largest = scores.max() ?? 0
    let sum = log(scores.reduce(0) { $0 + exp($1 - largest) }) + largest
    return scores.map { $0 - sum }
  }

  private static func softmax(_ scores: [Double]) -> [Double] {
    let largest = scores.max() ?? 0
    let exponentials = scores.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same draws for the same seed on every machine.
package struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// A number in 0..<1 from the upper 53 bits.
  mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// An index drawn with the given probabilities, by summing them in order.
  package mutating func draw(_ probabilities: [Double]) -> Int {
    let target = nextUnit()
    var sum = 0.0
    var last = 0
    for (index, probability) in probabilities.enumerated() where probability > 0 {
      sum += probability
      last = index
      if sum > target { return index }
    }
    return last
  }
}
