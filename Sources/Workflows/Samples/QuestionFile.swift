// A questions file and its pictures: beside it, or wherever its paths lead.
internal import ModelInputs
internal import Storage

struct QuestionFile {
  /// Generous for text, small against memory.
  static let byteLimit = 256 << 20
  private static let imageByteLimit = 256 << 20

  /// The first of them, as many as are wanted.
  let questions: [Question]
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
    bytes = try readFile(path, limit: Self.byteLimit)
    let all = try Question.parse(bytes, file: path)
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    questions = Array(all.prefix(limit))
    imagePaths = all.flatMap(\.images).map { Self.place(of: $0, beside: directory) }
    self.path = path
    self.directory = directory
    self.imagesRoot = imagesRoot
    guard let imagesRoot else { return }
    guard let root = resolvedPath(imagesRoot) else { throw StorageError.missing(path: imagesRoot) }
    for image in Set(questions.flatMap(\.images)).sorted() { _ = try place(of: image, inside: root) }
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
