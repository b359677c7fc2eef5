// Questions and their pictures: beside them, or wherever their paths lead.
internal import Basics
internal import ModelInputs
internal import Storage

struct QuestionFile {
  private static let imageByteLimit = 256 << 20

  private let source: any QuestionSource
  private let path: String
  private let imagesRoot: String?

  /// Reads the file or folder `path` and looks at where the pictures of its first `limit` questions lie.
  /// - Parameter imagesRoot: The directory that must hold all pictures; nil if they may lie anywhere.
  /// - Throws: `StorageError`, `QuestionError`, `BenchmarkError`; `WorkflowError.pictureOutside`.
  init(path: String, imagesRoot: String?, limit: Int) throws {
    source = try Self.source(path, limit: limit)
    self.path = path
    self.imagesRoot = imagesRoot
    guard let imagesRoot else { return }
    guard let root = resolvedPath(imagesRoot) else { throw StorageError.missing(path: imagesRoot) }
    for image in pictureNames { _ = try place(of: image, inside: root) }
  }

  private static func source(_ path: String, limit: Int) throws -> any QuestionSource {
    if isDirectory(path) { return try PictureFolder(DirectoryFiles(path: path), limit: limit) }
    if path.lowercased().hasSuffix(".tsv") { return try QuestionTable(path: path, limit: limit) }
    return try JSONQuestions(path: path, limit: limit)
  }

  /// The first of them, as many as are wanted, and where each stands.
  var questions: [(question: Question, place: QuestionError.Place)] {
    zip(source.questions, source.lines).map { ($0, QuestionError.Place(file: path, line: $1)) }
  }

  /// What is to be known of them, one line each.
  var notes: [String] { source.notes }

  /// Size and SHA-256 of what the questions were read from.
  var content: (byteCount: Int, sha256: SHA256Digest) { source.content }

  /// Where the pictures of all questions lie, also of those that are not wanted.
  var imagePaths: [String] { source.picturePaths.map(place) }

  /// A question as a model reads it.
  /// - Parameter onPicture: Called with the name and the bytes of each picture that lies in a file or in the source.
  /// - Throws: `QuestionError.unusable` with the question's place.
  func input(
    for question: (question: Question, place: QuestionError.Place), _ builder: InputBuilder, includesAnswer: Bool,
    onPicture: (String, [UInt8]) -> Void = { _, _ in }
  ) throws -> ModelInput {
    do {
      return try builder.input(for: question.question, includesAnswer: includesAnswer) { image in
        let bytes = try readImage(image)
        onPicture(image, bytes)
        return bytes
      }
    } catch let error as any CategorizedError {
      throw QuestionError.unusable(question.place, error.description, error.category)
    }
  }

  /// The bytes of a picture; relative paths start at the questions file.
  private func readImage(_ image: String) throws -> [UInt8] {
    if let bytes = try source.picture(image) { return bytes }
    guard let imagesRoot else { return try readFile(place(of: image), limit: Self.imageByteLimit) }
    guard let root = resolvedPath(imagesRoot) else { throw StorageError.missing(path: imagesRoot) }
    return try readFile(place(of: image, inside: root), limit: Self.imageByteLimit)
  }

  /// How many pictures of the questions lie outside their directory, links followed.
  var picturesOutside: Int {
    guard let home = resolvedPath(source.directory.isEmpty ? "." : source.directory) else { return 0 }
    return Set(pictureNames.map(place)).count { path in
      resolvedPath(path).map { !isInside($0, home) } ?? false
    }
  }

  /// Paths of pictures of the questions that are wanted, each once.
  private var pictureNames: [String] {
    let all = Set(source.picturePaths)
    return Set(source.questions.flatMap(\.images)).intersection(all).sorted()
  }

  private func place(of image: String) -> String { image.hasPrefix("/") ? image : source.directory + image }

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
