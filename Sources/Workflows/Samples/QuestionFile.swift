// A questions file and its pictures: beside it, or wherever its paths lead.
internal import ModelInputs
internal import Storage

struct QuestionFile {
  /// Generous for text, small against memory.
  static let byteLimit = 256 << 20
  private static let imageByteLimit = 256 << 20

  /// The first of them, as many as are wanted.
  let questions: [Question]
  /// The line that each of them begins in.
  let lines: [Int]
  /// What of the file nothing was made of, one line each.
  let notes: [String]
  /// Where the pictures of all questions lie, also of those that are not wanted.
  let imagePaths: [String]
  /// The file itself.
  let bytes: [UInt8]
  private let path: String
  /// With a slash at the end; empty for the current one.
  private let directory: String
  private let imagesRoot: String?

  /// Reads the file `path` and looks at where the pictures of its first `limit` questions lie.
  /// - Parameter imagesRoot: The directory that must hold all pictures; nil if they may lie anywhere.
  /// - Throws: `StorageError`, `QuestionError`; `WorkflowError.pictureOutside`.
  init(path: String, imagesRoot: String?, limit: Int) throws {
    bytes = try Self.content(of: path)
    let list = try QuestionList(parsing: bytes, file: path), all = list.questions
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    questions = Array(all.prefix(limit))
    lines = list.lines
    notes = list.notes
    imagePaths = all.flatMap(\.images).map { Self.place(of: $0, beside: directory) }
    self.path = path
    self.directory = directory
    self.imagesRoot = imagesRoot
    guard let imagesRoot else { return }
    guard let root = resolvedPath(imagesRoot) else { throw StorageError.missing(path: imagesRoot) }
    for image in Set(questions.flatMap(\.images)).sorted() { _ = try place(of: image, inside: root) }
  }

  private static func content(of path: String) throws -> [UInt8] {
    do throws(StorageError) {
      return try readFile(path, limit: byteLimit)
    } catch {
      guard case .wrongKind = error else { throw error }
      throw QuestionError.unreadable(
        file: path,
        "is no plain file; questions are read from one, with a JSON object on each line, and not from a pipe or a "
          + "directory")
    }
  }

  /// The bytes of a picture; relative paths start at the questions file.
  func readImage(_ image: String) throws -> [UInt8] {
    guard let imagesRoot else { return try readFile(place(of: image), limit: Self.imageByteLimit) }
    guard let root = resolvedPath(imagesRoot) else { throw StorageError.missing(path: imagesRoot) }
    return try readFile(place(of: image, inside: root), limit: Self.imageByteLimit)
  }

  /// How many pictures of the questions lie outside their directory, links followed.
  var picturesOutside: Int {
    guard let home = resolvedPath(directory.isEmpty ? "." : directory) else { return 0 }
    return Set(questions.flatMap(\.images).map(place)).count { path in
      resolvedPath(path).map { !isInside($0, home) } ?? false
    }
  }

  private func place(of image: String) -> String { Self.place(of: image, beside: directory) }

  private static func place(of image: String, beside directory: String) -> String {
    image.hasPrefix("/") ? image : directory + image
  }

  /// Where a picture really lies, which must be below `root`.
  private func place(of image: String, inside root: String) throws -> String {
    guard let resolved = resolvedPath(place(of: image)) else { throw StorageError.missing(path: place(of: image)) }
    guard isInside(resolved, root) else {
      throw WorkflowError.pictureOutside(questions: path, picture: image, root: imagesRoot ?? "")
    }
    return resolved
  }

  private func isInside(_ path: String, _ directory: String) -> Bool {
    path.hasPrefix(directory == "/" ? "/" : directory + "/")
  }
}
