// What people keep questions in: a file of JSON, a table, a folder of pictures.
internal import ModelInputs
internal import Storage

/// Questions in order, and the pictures that they ask about.
protocol QuestionSource {
  /// The first of them, as many as are wanted.
  var questions: [Question] { get }
  /// The line that each of them begins in, counted from 1; nil where there are no lines.
  var lines: [Int?] { get }
  /// What is to be known of it, one line each.
  var notes: [String] { get }
  /// Paths of pictures of all questions, also of those that are not wanted, as the source writes them.
  var picturePaths: [String] { get }
  /// Where relative paths start, with a slash at the end; empty for the current directory.
  var directory: String { get }
  /// Size and SHA-256 of what was read, pictures in files of their own left out.
  var content: (byteCount: Int, sha256: SHA256Digest) { get }
  /// A picture that lies in the source itself, by the name that a question has for it; nil if the name is a path.
  /// - Throws: why it cannot be read.
  func picture(_ name: String) throws -> [UInt8]?
}

extension QuestionSource {
  func picture(_ name: String) throws -> [UInt8]? { nil }
}

/// A file of JSON; see `QuestionList`.
struct JSONQuestions: QuestionSource {
  /// Generous for text, small against memory.
  static let byteLimit = 256 << 20

  let questions: [Question]
  let lines: [Int?]
  let notes: [String]
  let picturePaths: [String]
  let directory: String
  let content: (byteCount: Int, sha256: SHA256Digest)

  /// Reads a file and takes its first `limit` questions.
  /// - Throws: `StorageError`, `QuestionError`.
  init(path: String, limit: Int) throws {
    let bytes = try Self.bytes(of: path)
    let list = try QuestionList(parsing: bytes, file: path)
    questions = Array(list.questions.prefix(limit))
    lines = list.lines
    notes = list.notes
    picturePaths = list.questions.flatMap(\.images)
    directory = path.directoryPart
    content = (bytes.count, SHA256Hasher.hash(bytes))
  }

  private static func bytes(of path: String) throws -> [UInt8] {
    do throws(StorageError) {
      return try readFile(path, limit: byteLimit)
    } catch {
      switch error {
      case .wrongKind: throw QuestionError.noFile(path)
      // Other programs read standard input then.
      case .missing where path == "-": throw QuestionError.noFile(path)
      default: throw error
      }
    }
  }
}

extension QuestionError {
  /// What is neither a file nor a directory.
  static func noFile(_ path: String) -> QuestionError {
    .unreadable(
      file: path, "is no plain file; questions are read from a file or a folder of pictures, and not from a pipe")
  }
}

extension String {
  /// What stands before the last component, with its slash; empty if nothing does.
  var directoryPart: String { lastIndex(of: "/").map { String(self[...$0]) } ?? "" }

  /// The last component, whether or not slashes follow.
  var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
