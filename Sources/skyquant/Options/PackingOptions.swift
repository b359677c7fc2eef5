// What `pack` and `import` have in common: a checkpoint in, a .skyq file out.
import ArgumentParser
import JSON
import ModelFiles
import Skyq
import Storage
import Tensors

struct PackingOptions: ParsableArguments {
  @Argument(help: "Checkpoint directory.")
  var model: String

  @Argument(help: "File to write; must end in .skyq. Until it is complete it lies in OUT.skyquant-work beside it.")
  var out: String

  @Flag(help: "Replace an existing file; a stopped run's work is dropped.")
  var force = false

  @Flag(help: "Go on where a run was stopped. The result is the same, byte for byte.")
  var resume = false

  @OptionGroup var source: SourceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard out.hasSuffix(".skyq") else { throw ValidationError("the file to write must end in .skyq") }
  }

  /// Packs `file`, the opened model.
  /// - Parameter prove: Looks at the written file before it gets its name.
  func pack(
    _ file: ModelFile, _ progress: inout Progress, proving prove: (ModelFile) throws -> Void = { _ in }
  ) throws -> SkyqHeader {
    try file.requireWeights()
    try requireOutput(out, keeping: [model])
    let folder = try WorkFolder(for: out, making: .file, overwriting: force, resuming: resume)
    let byteCount = try SkyqPacker.byteCount(of: file)
    try folder.requireRoom(for: byteCount, largestFile: byteCount)
    progress.warn(ofDirectoriesIn: file.path, file.directoryNames)
    let audit = try source.audit(file, &progress)
    for finding in audit.findings { progress.warning("\(finding)") }
    let packer = SkyqPacker(file, sources: audit.digests, version: Version.current)
    return try packer.pack(in: folder, proving: prove) { done, total in
      progress.update("tensors", done: done, total: total)
    }
  }

  /// Prints what was written.
  func print(_ header: SkyqHeader, schema: String, proof: [String] = []) throws {
    try output.print([
      "schema": .string(schema), "file": .string(out), "bytes": .integer(header.fileSize),
      "content_id": .string(header.contentID),
    ]) {
      ["wrote \(out.displayed): \(header.fileSize) bytes, content \(header.contentID)"] + proof
        + ["next: skyquant inspect \(out.displayed)"]
    }
  }
}
