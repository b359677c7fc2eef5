// A benchmark file with its pictures, and the questions that its rows become.
internal import Basics
internal import Benchmarks
internal import ModelInputs
internal import Storage
internal import Tensors

/// A benchmark on disk.
struct BenchmarkFile {
  private static let imageByteLimit = 256 << 20

  /// As the user named it.
  let path: String
  let source: any BenchmarkSource
  let benchmark: Benchmark
  /// Options and hints that are a word such as `None`.
  let missingWordCount: Int
  private let mapping: MappedFile

  /// Opens a TSV file, or questions where the name ends in `.jsonl`, and finds out which benchmark it is.
  /// - Throws: `StorageError`, `BenchmarkError.file`; `QuestionError` for a file that cannot hold questions.
  init(_ path: String, keepsMissingWords: Bool) throws {
    self.path = path
    mapping = try QuestionTable.storage(path)
    if path.hasSuffix(".jsonl") {
      source = try QuestionLines(mapping, name: path)
      missingWordCount = 0
    } else {
      var options = TSVFile.Options()
      options.keepsMissingWords = keepsMissingWords
      let file = try TSVFile(mapping, name: path, options: options)
      source = file
      missingWordCount = file.missingWordCount
    }
    benchmark = Benchmark.recognized(file: path, columns: source.columns)
  }

  /// Checks that the file is still the one that was opened.
  /// - Throws: `StorageError.changedWhileReading`.
  func requireUnchanged() throws(StorageError) { _ = try mapping.wasTouched() }

  /// A row as it is asked.
  struct Asked {
    let row: BenchmarkRow
    /// Pictures are named by their numbers in the row.
    let question: Question
    /// What tells the question from another one that the row may become.
    let digest: String
    fileprivate let pictures: [Picture]
  }

  /// The question of a usable row.
  /// - Throws: `BenchmarkError.row`; `StorageError` for a picture file that is not there.
  func asked(_ number: Int, layout: PromptLayout, instruction: String?) throws -> Asked {
    let row = try source.row(number)
    let pictures = try source.pictures(number)
    let parts = try benchmark.prompt.parts(for: row, pictures: pictures.count, instruction: instruction)
    let prompt = try layout.render(parts, of: row)
    return Asked(
      row: row, question: Question(images: prompt.pictures.map(Self.name), text: prompt.text),
      digest: try digest(prompt, pictures), pictures: pictures)
  }

  /// The bytes of a picture of a question.
  /// - Throws: `StorageError`.
  func bytes(of name: String, in asked: Asked) throws -> [UInt8] {
    guard let number = asked.pictures.indices.first(where: { Self.name($0) == name }) else { return [] }
    return try bytes(of: asked.pictures[number])
  }

  /// SHA-256 of the bytes of each of a row's pictures.
  /// - Throws: `BenchmarkError.row`, `StorageError`.
  func pictureDigests(_ number: Int) throws -> [SHA256Digest] {
    try source.pictures(number).map { SHA256Hasher.hash(try bytes(of: $0)) }
  }

  private static func name(_ number: Int) -> String { "picture \(number + 1)" }

  private func bytes(of picture: Picture) throws(StorageError) -> [UInt8] {
    switch picture {
    case .bytes(let bytes): return bytes
    case .path(let picture):
      return try readFile(picture.hasPrefix("/") ? picture : path.directoryPart + picture, limit: Self.imageByteLimit)
    }
  }

  /// SHA-256 over the system text, the prompt and the files of pictures; those in the benchmark file have its digest.
  private func digest(_ prompt: RenderedPrompt, _ pictures: [Picture]) throws -> String {
    var hasher = SHA256Hasher()
    hasher.update(Array("\(benchmark.prompt.system ?? "")\0\(prompt.text)".utf8))
    for number in prompt.pictures {
      guard case .path = pictures[number] else { continue }
      hasher.update(Array("\0\(SHA256Hasher.hash(try bytes(of: pictures[number])))".utf8))
    }
    return hasher.finalize().description
  }
}
