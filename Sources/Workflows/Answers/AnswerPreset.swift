// How the authors of Skywork-R1V answer: their two inference scripts, and their evaluation. The three differ.
internal import ReferenceModel

/// Settings under a name.
public enum AnswerPreset: String, Sendable, CaseIterable {
  /// inference_with_transformers.py: drawn, and tokens of the answer are penalised, since the model gets embeddings.
  case authorsTransformers = "authors-transformers"
  /// inference_with_vllm.py: greedy, and tokens of prompt and answer are penalised.
  case authorsVLLM = "authors-vllm"
  /// What their evaluation asks a vLLM server for: greedy, without a penalty.
  case authorsEval = "authors-eval"

  /// What it stands for.
  public var settings: AnswerSettings {
    var settings = AnswerSettings()
    settings.preset = self
    switch self {
    case .authorsTransformers:
      // 50 is what transformers takes where a script says nothing of top-k.
      settings.sampling = SamplingOptions(temperature: 0.6, topK: 50, topP: 0.95, repetitionPenalty: 1.05)
      settings.maxTokens = 64_000
      settings.images = .always
    case .authorsVLLM:
      settings.sampling = SamplingOptions(temperature: 0, topK: nil, topP: 0.95, repetitionPenalty: 1.05)
      settings.sampling.penalizesPrompt = true
      settings.maxTokens = 8000
      settings.images = .unlessFirst
      settings.prefersOwnTemplate = true
    case .authorsEval:
      settings.sampling = SamplingOptions(temperature: 0, topK: nil)
      settings.maxTokens = 16_384
      settings.images = .missing
      settings.prefersOwnTemplate = true
    }
    return settings
  }
}
