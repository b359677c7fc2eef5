// skyquant pack: one memory-mapped file from a checkpoint directory.
import ArgumentParser
import JSON
import ModelFiles
import Skyq
import Storage
import Tensors

struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack a checkpoint into one memory-mapped .skyq file.",
    discussion: """
      Config, tokenizer and provenance go inside, so that `run` and `verify` need nothing else. Packing computes \
      nothing: `skyquant export` gives the checkpoint's tensors back byte for byte.

      Example:
        skyquant pack Skywork-R1V3-38B-awq Skywork-R1V3-38B-awq.skyq
      """)

  @Argument(help: "AWQ or plain checkpoint directory.")
  var model: String

  @Argument(help: "File to write; must end in .skyq.")
  var out: String

  @Flag(help: "Replace an existing file.")
  var force = false

  @Flag(help: "Go on where a run was stopped. The result is the same, byte for byte.")
  var resume = false

  @OptionGroup var source: SourceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard out.hasSuffix(".skyq") else { throw ValidationError("the file to write must end in .skyq") }
  }

  func run() throws {
    var progress = Progress(output)
    let file = try ModelFile.open(model)
    let audit = try source.audit(file, &progress)
    for finding in audit.findings { progress.warning("\(finding)") }
    let packer = SkyqPacker(file, sources: audit.digests, version: Version.current)
    let header = try packer.pack(to: out, overwriting: force, resuming: resume) { done, total in
      progress.update("tensors", done: done, total: total)
    }
    progress.finish()
    try output.print([
      "schema": "skyquant.pack/1", "file": .string(out), "bytes": .integer(header.fileSize),
      "content_id": .string(header.contentID),
    ]) {
      """
      wrote \(out.displayed): \(header.fileSize) bytes, content \(header.contentID)
      next: skyquant inspect \(out.displayed)
      """
    }
  }
}
