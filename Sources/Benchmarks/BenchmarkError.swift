// What is wrong with a benchmark file, and where.
public import Basics

/// A fault in a benchmark file. Those of one row leave the other rows usable.
public enum BenchmarkError: CategorizedError, Equatable {
  /// The file as a whole cannot be used.
  case file(String, FileFault)
  /// One row cannot be used.
  case row(Place, RowFault)

  /// Where in a file.
  public struct Place: Sendable, Equatable {
    /// The file's name as given.
    public var file: String
    /// The row, counted from 1 behind the header; blank lines do not count. In JSON lines, the line.
    public var row: Int
    /// The row's own index, if it has one.
    public var index: String?
    /// The column, if the fault lies in one.
    public var column: String?
    /// Offset in the file of the row's or cell's first byte.
    public var offset: Int

    /// A place.
    public init(file: String, row: Int, index: String? = nil, column: String? = nil, offset: Int) {
      self.file = file
      self.row = row
      self.index = index
      self.column = column
      self.offset = offset
    }
  }

  /// A fault of a whole file.
  public enum FileFault: Sendable, Equatable {
    /// Nothing but blank lines.
    case empty
    /// Two columns have this name.
    case duplicateColumn(String)
    /// A column's name is not UTF-8.
    case columnNotUTF8(number: Int)
    /// More columns than any benchmark has.
    case tooManyColumns(limit: Int)
    /// More rows than any benchmark has.
    case tooManyRows(limit: Int)
    /// There is neither a question nor a picture to ask about.
    case noQuestions(columns: [String])
  }

  /// A fault of one row.
  public enum RowFault: Error, Sendable, Equatable {
    /// The file ends inside quotes: it was cut, perhaps in the middle of a picture.
    case unterminatedQuote
    /// Another number of cells than the header has.
    case cellCount(expected: Int, found: Int)
    /// The index is missing.
    case noIndex
    /// An earlier row has the same index.
    case duplicateIndex(firstRow: Int)
    /// A cell is longer than one of its kind can be.
    case cellTooLong(byteCount: Int, limit: Int)
    /// A cell is not UTF-8.
    case notUTF8
    /// There is a picture column, but this row has no picture.
    case noPicture
    /// The picture is said to be that of a row that is not there or has none of its own.
    case danglingReference(String)
    /// A cell should be base64.
    case notBase64(Base64Fault)
    /// A cell should be a list or another literal in Python's or JSON's syntax.
    case notALiteral(String)
    /// A picture number in the text that the row has no picture for.
    case pictureTag(String, pictures: Int)
    /// The text itself has `<image>`, so that its pictures cannot be told from those of the row.
    case placeholders(found: Int, pictures: Int)
    /// The answer is no option of the question.
    case answerIsNoOption(answer: String, options: String)
    /// A cell that the benchmark's rule needs is missing or not what it should be.
    case unusable(expected: String, found: String?)
    /// The model cannot be asked: a picture that is none, a prompt that is too long.
    case unaskable(String)
    /// Answers from a file are fewer than wanted.
    case noAnswer(file: String, wanted: Int)
  }

  /// What kind of failure this is.
  public var category: FailureCategory { .malformedInput }

  /// One line for people.
  public var description: String {
    switch self {
    case .file(let file, let fault): "\(file.displayed): \(fault.description)"
    case .row(let place, let fault): "\(place.description): \(fault.description)"
    }
  }
}

extension BenchmarkError.Place {
  fileprivate var description: String {
    let index = index.map { " (index \($0.displayed))" } ?? ""
    let column = column.map { ", column \"\($0.displayed)\"" } ?? ""
    return "\(file.displayed): row \(row)\(index)\(column), offset \(offset)"
  }
}

extension BenchmarkError.FileFault {
  fileprivate var description: String {
    switch self {
    case .empty: "holds no rows; expected a header line and one line a question"
    case .duplicateColumn(let name): "two columns are called \"\(name.displayed)\"; rename one"
    case .columnNotUTF8(let number): "the name of column \(number) is not UTF-8; is this a TSV file?"
    case .tooManyColumns(let limit): "more than \(limit) columns; is this a TSV file?"
    case .tooManyRows(let limit): "more than \(limit) rows; split the file"
    case .noQuestions(let columns):
      "unknown column set, expected \"question\"; found: \(columns.joined(separator: ", ").displayed)"
    }
  }
}

extension BenchmarkError.RowFault {
  /// What is wrong, without its place.
  public var description: String {
    switch self {
    case .unterminatedQuote: "the file ends inside a quoted cell; it was cut, get it again"
    case .cellCount(let expected, let found): "\(found) cells, expected \(expected); the row is damaged or cut"
    case .noIndex: "no index; give every row its own"
    case .duplicateIndex(let firstRow): "row \(firstRow) has the same index; give every row its own"
    case .cellTooLong(let byteCount, let limit): "a cell of \(byteCount) bytes, the limit is \(limit)"
    case .notUTF8: "not UTF-8"
    case .noPicture: "no picture; the question is not asked"
    case .danglingReference(let index):
      "refers to the picture of \"\(index.displayed)\", which has no picture of its own in this file"
    case .notBase64(let fault): fault.description
    case .notALiteral(let problem): "expected a list in Python's or JSON's syntax: \(problem)"
    case .pictureTag(let tag, let pictures): "\"\(tag.displayed)\" names no picture of this row, which has \(pictures)"
    case .placeholders(let found, let pictures): "the prompt has \(found) times <image> for \(pictures) pictures"
    case .answerIsNoOption(let answer, let options):
      "the answer \"\(answer.displayed)\" is none of the options \(options)"
    case .unusable(let expected, let found):
      "expected \(expected), found \(found.map { "\"\($0.displayed)\"" } ?? "nothing")"
    case .unaskable(let reason): "cannot be asked: \(reason)"
    case .noAnswer(let file, let wanted):
      "\(file.displayed) has \(wanted > 1 ? "fewer than \(wanted) answers" : "no answer") to it"
    }
  }
}
