// What a benchmark file offers, whatever its form, and one question of it.
public import Storage

/// Rows with their pictures.
public protocol BenchmarkSource: Sendable {
  /// The file's name, for messages.
  var name: String { get }
  /// Column names.
  var columns: [String] { get }
  /// SHA-256 of all bytes of the file.
  var digest: SHA256Digest { get }
  /// Rows that cannot be used, in order; they are not among `rowCount`.
  var faults: [BenchmarkError] { get }
  /// Number of usable rows.
  var rowCount: Int { get }
  /// The text of a usable row, 0…`rowCount` − 1.
  /// - Throws: `BenchmarkError.row` if a cell turns out to be unusable after all.
  func row(_ number: Int) throws(BenchmarkError) -> BenchmarkRow
  /// The row's pictures in order.
  /// - Throws: `BenchmarkError.row`.
  func pictures(_ number: Int) throws(BenchmarkError) -> [Picture]
  /// What tells the row's pictures from others: rows of the same key show the same. Nil without a picture.
  func pictureKey(_ number: Int) -> String?
}

/// The text cells of a row.
public struct BenchmarkRow: Sendable, Equatable {
  /// Where the row is, for messages and result files.
  public let place: BenchmarkError.Place
  /// The row's index, unique in its file.
  public let index: String
  /// Text of the cells that are not missing, pictures left out.
  private let cells: [String: String]

  /// A row of these cells.
  public init(place: BenchmarkError.Place, index: String, cells: [String: String]) {
    self.place = place
    self.index = index
    self.cells = cells
  }

  /// The text of a column's cell, as written; nil if there is no such column or the cell is missing.
  public subscript(column: String) -> String? { cells[column] }

  /// Names of columns that this row has text in, sorted.
  public var columns: [String] { cells.keys.sorted() }

  /// Options from the columns A…Z that are present, in that order; gaps are allowed.
  public var options: [AnswerOption] {
    ("A"..."Z").letters.compactMap { letter in self[String(letter)].map { AnswerOption(letter: letter, text: $0) } }
  }

  /// A fault of this row.
  public func fault(_ fault: BenchmarkError.RowFault, column: String? = nil) -> BenchmarkError {
    var place = place
    place.column = column
    return .row(place, fault)
  }
}

/// An option of a multiple-choice question.
public struct AnswerOption: Sendable, Equatable {
  /// A…Z.
  public let letter: Character
  /// What it stands for; empty where the options are in the picture.
  public let text: String

  /// An option.
  public init(letter: Character, text: String) {
    self.letter = letter
    self.text = text
  }

  /// Options A, B, … of a list of texts; those beyond Z have no letter and are left out.
  static func lettered(_ texts: [String]) -> [AnswerOption] {
    zip(("A"..."Z").letters, texts).map { AnswerOption(letter: $0, text: $1) }
  }
}

extension ClosedRange<Character> {
  /// The ASCII letters from the lower to the upper end.
  var letters: [Character] {
    guard let first = lowerBound.asciiValue, let last = upperBound.asciiValue else { return [] }
    return (first...last).map { Character(UnicodeScalar($0)) }
  }
}

/// Texts that pandas reads as a missing value, whether quoted or not; an option "None" vanishes so.
enum MissingValue {
  static let words: Set<String> = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
  ]
  /// Longest of the words.
  static let longest = 8
}
