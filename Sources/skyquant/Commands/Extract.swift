// skyquant extract: the files inside a .skyq file, byte for byte, and single tensors.
import ArgumentParser
import Basics
import JSON
import ModelFiles
import Skyq
import Storage
import Tensors

struct Extract: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take files such as config.json, and single tensors, out of a .skyq file.",
    discussion: """
      Without options the embedded files are listed. --file prints one byte for byte, a terminal gets it without control \
      characters. --tensor writes tensors into one safetensors file: those of 16 or \
      32 bit as they are, int4 linears decoded to F32, which holds their values exactly. `skyquant export` writes all \
      tensors as a checkpoint.

      Examples:
        skyquant extract model.skyq --file config.json
        skyquant extract model.skyq --out tokenizer-and-config
        skyquant extract model.skyq --tensor model.layers.0.mlp.down_proj.weight --out down.safetensors
      """)

  @Argument(help: "A .skyq file.")
  var model: String

  @Option(help: "Print this file to standard output.")
  var file: String?

  @Option(help: "Write this tensor into the safetensors file --out; may be given several times.")
  var tensor: [String] = []

  @Option(help: "Write all files into this new directory, or the tensors into this new file.")
  var out: String?

  @Flag(help: "Replace an existing output.")
  var force = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard file == nil || (out == nil && tensor.isEmpty) else { throw ValidationError("give either --file or --out") }
    guard tensor.isEmpty || out?.hasSuffix(".safetensors") == true else {
      throw ValidationError("--tensor needs --out FILE.safetensors")
    }
  }

  func run() throws {
    if let out { try requireOutput(out, keeping: [model]) }
    if !tensor.isEmpty, let out { return try writeTensors(to: out) }
    let opened = try SkyqFile(path: model)
    if let file {
      guard let bytes = try opened.bytes(of: file) else {
        throw UserError(
          description: "\(model.displayed): no file '\(file.displayed)' inside; `skyquant extract` lists them",
          category: .missingInput)
      }
      try StandardOutput.write(content: bytes)
      return
    }
    if let out { try write(opened, to: out) }
    let files = try opened.names.map { (name: $0, size: try opened.bytes(of: $0)?.count ?? 0) }
    try output.print([
      "schema": "skyquant.extract/1", "file": .string(model),
      "files": .array(files.map { ["name": .string($0.name), "bytes": .integer($0.size)] }),
    ]) { files.map { "\($0.name.displayed)  \(ByteCount.text($0.size))" } }
  }

  private func writeTensors(to path: String) throws {
    let opened = try ModelFile.open(model)
    let tensors = try tensor.map { name in
      guard let found = opened.tensors.first(where: { $0.name == name }) else {
        throw UserError(
          description: "\(model.displayed): no tensor '\(name.displayed)'; `skyquant inspect --tensors` lists them",
          category: .missingInput)
      }
      return found
    }
    try TensorExtractor(tensors).write(to: path, overwriting: force, permissions: opened.permissions)
    try output.print([
      "schema": "skyquant.extract/1", "file": .string(model),
      "tensors": .array(tensors.map { ["name": .string($0.name), "encoding": .string($0.encodingName)] }),
    ]) { tensors.map { "\($0.name.displayed)  \($0.encodingName) \($0.shape)" } }
  }

  private func write(_ opened: SkyqFile, to path: String) throws {
    let files = try opened.names.map { (name: $0, bytes: try opened.bytes(of: $0) ?? []) }
    var directory = try StagedDirectory(
      path: path, overwriting: force, permissions: OutputPermissions(from: [model]),
      byteCount: files.reduce(0) { $0 + $1.bytes.count }, largestFile: files.map(\.bytes.count).max() ?? 0)
    for (name, bytes) in files { try directory.write(bytes, to: name) }
    try directory.commit()
  }
}
