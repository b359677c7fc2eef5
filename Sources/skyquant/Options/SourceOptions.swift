// Options of every command that makes a model from another one's weights.
import ArgumentParser
import ModelFiles

struct SourceOptions: ParsableArguments {
  @Flag(help: "Go on with a warning where weights that are copied are NaN, infinite or all zero.")
  var allowNonfinite = false

  /// Reads all weights of `file` and returns the digests of its files.
  /// - Throws: `ModelFilesError.damagedTensors` unless the user wants them.
  func audit(_ file: ModelFile, _ progress: inout Progress) throws -> SourceAudit {
    progress.update("hashing the weights", done: 0, total: 1)
    let audit = file.audited()
    if !allowNonfinite { try audit.requireSound() }
    return audit
  }
}
