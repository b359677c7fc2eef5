// A questions file and the pictures beside it.
import ModelInputs
import Storage

struct QuestionFile {
  /// Generous for text, small against memory.
  private static let byteLimit = 256 << 20
  private static let imageByteLimit = 256 << 20

  let questions: [Question]
  private let directory: String

  init(path: String) throws {
    questions = try Question.parse(try readFile(path, limit: Self.byteLimit), file: path)
    directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// The bytes of a picture; relative paths start at the questions file.
  func readImage(_ path: String) throws -> [UInt8] {
    try readFile(place(of: path), limit: Self.imageByteLimit)
  }

  /// Where the pictures of all questions lie.
  var imagePaths: [String] { questions.flatMap(\.images).map(place) }

  private func place(of image: String) -> String { image.hasPrefix("/") ? image : directory + image }
}
