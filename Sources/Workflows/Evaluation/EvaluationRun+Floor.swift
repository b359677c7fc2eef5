// The original once more, in other ways that should make no difference.
internal import Kernels

extension EvaluationRun {
  /// Another way to compute the same answers.
  struct OtherWay {
    let change: String
    let run: EvaluationRun
    let original: AskedModel
    /// Whether its answers are kept with the others, which they are told apart from by their settings.
    let isLogged: Bool
  }

  /// In which ways the original is asked again: with other batches, and in the other numeric mode if it is there. None
  /// unless that was asked for.
  /// - Throws: what `LoadedModel` throws.
  func otherWays(_ asked: [AskedModel]) throws -> [OtherWay] {
    guard measuresFloor, case .model = reference, let original = asked.first else { return [] }
    var regrouped = self
    regrouped.batchSize = batchSize == 1 ? 2 : (batchSize + 1) / 2
    var ways = [
      OtherWay(
        change: "batches of \(regrouped.batchSize)", run: regrouped, original: original, isLogged: false)
    ]
    if let mode = otherMode {
      var multiplied = self
      multiplied.numericMode = mode
      let model = try LoadedModel(original.loaded.file, prompt: prompt, numericMode: mode)
      ways.append(
        OtherWay(
          change: mode.name, run: multiplied, original: AskedModel(loaded: model, contentID: original.contentID),
          isLogged: true))
    }
    return ways
  }

  /// What multiplies otherwise than `numericMode`; nil if there is nothing else here.
  private var otherMode: NumericMode? {
    switch numericMode {
    case .exact: try? NumericModeChoice.openblas.mode()
    case .openblas, .bfloat16: .exact
    }
  }
}
