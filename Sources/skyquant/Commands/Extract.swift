// skyquant extract: the files inside a .skyq file, byte for byte.
import ArgumentParser
import JSON
import Skyq
import Storage
import Tensors

struct Extract: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take files such as config.json out of a .skyq file.",
    discussion: """
      Without options the embedded files are listed. `skyquant export` writes the tensors, too.

      Examples:
        skyquant extract model.skyq --file config.json
        skyquant extract model.skyq --out tokenizer-and-config
      """)

  @Argument(help: "A .skyq file.")
  var model: String

  @Option(help: "Print this file to standard output.")
  var file: String?

  @Option(help: "Write all files into this new directory.")
  var out: String?

  @Flag(help: "Replace an existing output directory.")
  var force = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard file == nil || out == nil else { throw ValidationError("give either --file or --out") }
  }

  func run() throws {
    let opened = try SkyqFile(path: model)
    if let file {
      guard let bytes = try opened.bytes(of: file) else {
        throw UserError(
          description: "\(model.displayed): no file '\(file.displayed)' inside; `skyquant extract` lists them",
          category: .missingInput)
      }
      return StandardOutput.write(bytes)
    }
    if let out { try write(opened, to: out) }
    let files = try opened.names.map { (name: $0, size: try opened.bytes(of: $0)?.count ?? 0) }
    try output.print([
      "schema": "skyquant.extract/1", "file": .string(model),
      "files": .array(files.map { ["name": .string($0.name), "bytes": .integer($0.size)] }),
    ]) { files.map { "\($0.name.displayed)  \(ByteCount.text($0.size))\n" }.joined() }
  }

  private func write(_ opened: SkyqFile, to path: String) throws {
    let directory = try StagedDirectory(path: path, overwriting: force)
    for name in opened.names {
      if let bytes = try opened.bytes(of: name) { try directory.write(bytes, to: name) }
    }
    try directory.commit()
  }
}
