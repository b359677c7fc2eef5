// Which linears get more bits than the others, by the errors of a pass that quantizes everything and writes nothing.
internal import Calibration
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import Quantization

extension QuantizationRun {
  /// What has more bits than the recipe's rules name.
  func raisedLinears(
    _ pass: QuantizationPass, _ selection: LinearSelection, _ activations: ActivationStore, _ observe: RunObserver
  ) throws -> RaisedLinears {
    guard recipe.choosesByErrors else { return RaisedLinears() }
    var reports: [LinearReport] = [], errors: [String: RaisedErrors] = [:]
    try pass.measuring(raisedErrors: recipe.targetBitsPerWeight != nil)
      .run(activations, stage: Stage.measuredSite, observe) { outcome, _ in
        reports += outcome.reports
        errors.merge(outcome.raisedErrors) { first, _ in first }
      }
    let options = pass.options
    if let target = recipe.targetBitsPerWeight {
      return BitBudget(bits: selection.spareBits(target, options), forms: recipe.raisedForms)
        .choice(by: reports, errors: errors, bitsPerWeight: selection.bitsPerForm(options))
    }
    let budget = SixteenBitBudget(bytes: recipe.sixteenBitBytes ?? 0)
    return RaisedLinears(sixteenBit: budget.modules(by: reports) { options.scheme(reported: $0) })
  }

  /// Bytes that the choice may add to the checkpoint, at most.
  func raisedByteCount(_ selection: LinearSelection, _ options: QuantizationOptions) -> Int {
    let bits = recipe.targetBitsPerWeight.map { selection.spareBits($0, options) } ?? 0
    return (recipe.sixteenBitBytes ?? 0) + Int((bits / 8).rounded(.up))
  }
}

extension QuantizationPass {
  /// The same pass, which also measures what linears would lose with more bits if that is wanted.
  func measuring(raisedErrors: Bool) -> QuantizationPass {
    var options = options
    options.measuresRaisedErrors = raisedErrors
    return with(options)
  }

  /// The same pass with these linears raised.
  func raising(_ raised: RaisedLinears) -> QuantizationPass {
    guard raised != RaisedLinears() else { return self }
    var options = options
    let (isIncluded, fileName) = (options.isIncluded, options.fileName)
    for module in model.file.config.text.modules(where: isIncluded) where raised.eightBit.contains(fileName(module)) {
      options.otherCodes[module] = .int8
    }
    options.isIncluded = { !raised.sixteenBit.contains(fileName($0)) && isIncluded($0) }
    return with(options)
  }
}
