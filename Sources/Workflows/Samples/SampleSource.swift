// What a model is calibrated on or compared by: questions with pictures, or windows of a text.
public import ModelInputs
public import Reports
internal import Storage

/// Questions or windows of text as inputs of a model.
public struct SampleSource: Sendable, Equatable {
  /// What kind of file samples come from.
  public enum Origin: Sendable, Equatable {
    /// A file of JSON, a table in VLMEvalKit's form (`.tsv`), or a folder of pictures.
    case questions(path: String)
    /// Plain text, cut into windows.
    case text(path: String)
    /// There are no samples.
    case nothing
  }

  /// Where the samples come from.
  public var origin: Origin
  /// Tokens of a window of text.
  public var window: Int
  /// Only so many questions or windows are used, the first ones; nil for all.
  public var limit: Int?
  /// The directory that holds all pictures; nil if they may lie anywhere.
  public var imagesRoot: String?

  /// Tokens of a window unless something else is asked for.
  public static let defaultWindow = 512

  /// Tokens that a window may have.
  public static let windows = 2...1 << 20

  /// Samples of `origin`.
  public init(
    _ origin: Origin = .nothing, window: Int = defaultWindow, limit: Int? = nil, imagesRoot: String? = nil
  ) {
    self.origin = origin
    self.window = window
    self.limit = limit
    self.imagesRoot = imagesRoot
  }

  /// The questions of a file, with the pictures that they name.
  public static func questions(_ path: String) -> SampleSource { SampleSource(.questions(path: path)) }
  /// A text.
  public static func text(_ path: String) -> SampleSource { SampleSource(.text(path: path)) }

  /// The file that is read first; empty if there is none.
  public var name: String {
    switch origin {
    case .questions(let path), .text(let path): path
    case .nothing: ""
    }
  }

  /// What kind of file is read first; nil if there is none.
  var kind: CalibrationRecord.Kind? {
    switch origin {
    case .questions: .questions
    case .text: .text
    case .nothing: nil
    }
  }

  /// Whether there are samples.
  public var isEmpty: Bool { origin == .nothing }

  /// The files that the samples come from, pictures among them.
  /// - Throws: `StorageError`, `QuestionError`, `BenchmarkError` for a table, `WorkflowError.pictureOutside`.
  public func paths() throws -> [String] {
    switch origin {
    case .questions(let path): [path] + (try questionFile(path).imagePaths)
    case .text(let path): [path]
    case .nothing: []
    }
  }

  /// What is told about where the pictures lie.
  /// - Throws: as above.
  public func pictures() throws -> PictureNote {
    guard case .questions(let path) = origin else { return PictureNote(outside: 0, isConfined: imagesRoot != nil) }
    return PictureNote(outside: try questionFile(path).picturesOutside, isConfined: imagesRoot != nil)
  }

  /// What of the questions nothing is made of, one line each.
  /// - Throws: as above.
  func notes() throws -> [String] {
    guard case .questions(let path) = origin else { return [] }
    return try questionFile(path).notes
  }

  /// One sample: what was asked and what the model reads.
  public typealias Sample = (question: Question, input: ModelInput)

  /// All samples, with their answers.
  /// - Parameter onSample: Called with the number done and the number of all.
  /// - Throws: as above; why a picture or a question cannot become an input; what `onSample` throws.
  public func samples(_ builder: InputBuilder, onSample: (Int, Int) throws -> Void = { _, _ in }) throws -> [Sample] {
    var files = CalibrationFiles()
    return try samples(builder, noting: &files, onSample: onSample)
  }

  /// All samples, and the files that they were made of.
  func samples(
    _ builder: InputBuilder, noting files: inout CalibrationFiles, onSample: (Int, Int) throws -> Void
  ) throws -> [Sample] {
    let name = name.lastComponent
    switch origin {
    case .nothing: return []
    case .text(let path):
      let bytes = try readFile(path, limit: JSONQuestions.byteLimit)
      files.add(name, (bytes.count, SHA256Hasher.hash(bytes)))
      let content = String(decoding: bytes, as: UTF8.self)
      return builder.windows(of: content, size: window, limit: limit ?? .max).map {
        (Question(text: "", isPlainText: true), $0)
      }
    case .questions(let path):
      let file = try questionFile(path)
      let questions = file.questions
      files.add(name, file.content)
      // A template that cannot be used is no question's fault.
      if questions.contains(where: { !$0.question.isPlainText }) { _ = try builder.template }
      var samples: [Sample] = []
      for question in questions {
        let input = try file.input(for: question, builder, includesAnswer: true) { image, bytes in
          files.add(image, (bytes.count, SHA256Hasher.hash(bytes)))
        }
        samples.append((question.question, input))
        try onSample(samples.count, questions.count)
      }
      return samples
    }
  }

  private func questionFile(_ path: String) throws -> QuestionFile {
    try QuestionFile(path: path, imagesRoot: imagesRoot, limit: limit ?? .max)
  }
}
