// A folder of pictures as questions: each is asked the same.
internal import Basics
internal import ModelInputs
internal import Storage

struct PictureFolder: QuestionSource {
  /// What every picture is asked.
  static let question = "Please describe the image in detail."

  /// How names of files end that questions are read from.
  private static let questionEndings = [".jsonl", ".tsv"]

  let questions: [Question]
  let lines: [Int?]
  let notes: [String]
  let picturePaths: [String]
  let directory: String
  let content: (byteCount: Int, sha256: SHA256Digest)

  /// Asks the first `limit` pictures directly in a directory, in the order of their names' bytes. What is hidden is passed
  /// over, what else is no picture is told of.
  /// - Throws: `QuestionError` if there is no picture, or a file of questions beside them.
  init(_ files: DirectoryFiles, limit: Int) throws(QuestionError) {
    let path = files.path
    if let file = files.names.first(where: Self.holdsQuestions) {
      throw .unreadable(
        file: path, "holds '\(file.displayed)'; give that file, or a folder of pictures without questions")
    }
    let pictures = files.names.filter(PictureName.isOne)
    guard !pictures.isEmpty else {
      throw .unreadable(
        file: path, "holds no picture; give a file of questions, or a folder with pictures directly in it")
    }
    questions = pictures.prefix(limit).map { Question(images: [$0], text: Self.question) }
    lines = questions.map { _ in nil }
    let name = path.lastComponent.displayed
    let others = files.names.filter { !pictures.contains($0) } + files.directoryNames
    notes =
      ["\(name): each picture is asked \"\(Self.question)\"; a file with questions like those of your users is better"]
      + (others.isEmpty ? [] : ["\(name): nothing is made of \(Self.shown(others))"])
    picturePaths = pictures
    directory = path.hasSuffix("/") ? path : path + "/"
    let listing = Array(pictures.map { $0 + "\n" }.joined().utf8)
    content = (listing.count, SHA256Hasher.hash(listing))
  }

  private static func holdsQuestions(_ name: String) -> Bool {
    questionEndings.contains { name.lowercased().hasSuffix($0) }
  }

  /// The first names, and how many there are beside them.
  private static func shown(_ names: [String]) -> String {
    let first = names.prefix(4).map(\.displayed).joined(separator: ", ")
    return names.count > 4 ? "\(first) and \(names.count - 4) more" : first
  }
}
