// What the calibration of a part outside the decoder's layers takes, in bytes.
internal import Calibration
internal import ModelConfig
internal import Tensors

/// What the sums of a part and the search of its largest linear take, and what is made of all its linears.
struct OutsideDemand {
  /// All of it, with samples that judge.
  let byteCount: Int

  /// - Parameter drifts: Whether inputs are compared with the original model's.
  init(_ linears: [OutsideLinear], _ options: QuantizationOptions, drifts: Bool) {
    let inputs = Dictionary(linears.map { ($0.input, options.blocks(of: $0.weight)) }) { first, _ in first }
    // Products of inputs of the tokens that are fitted and of those that judge; with drift those of inputs and
    // differences, too, and of differences. In double precision, and once more in single.
    let sets = drifts ? 5 : 2
    let sums = inputs.values.flatMap(\.ranges).reduce(0) { $0 + $1.count * $1.count } * sets
    let search = linears.map { linear in
      OutsideSearch.byteCount(
        rows: linear.weight.rows, columns: linear.weight.columns,
        widestBlock: options.blocks(of: linear.weight).ranges.map(\.count).max() ?? 0)
    }
    let counts = linears.map { $0.weight.rows * $0.weight.columns }
    // Codes of all; one linear, mapped, in 16 bits.
    let held = counts.reduce(0, +) + 2 * (counts.max() ?? 0)
    byteCount = sums * (MemoryLayout<Double>.size + MemoryLayout<Float>.size) + (search.max() ?? 0) + held
  }
}
