// What a model was calibrated on, as a file holds it: which bytes, and what they became.
public import JSON
public import ModelFiles
internal import ModelInputs
internal import Storage
internal import Verification

/// The files of a calibration and its samples.
public struct CalibrationRecord: Sendable, Equatable {
  /// What kind of file samples come from.
  public enum Kind: String, Sendable {
    /// Questions, whatever they are kept in.
    case questions
    /// Plain text, cut into windows.
    case text
  }

  /// What kind of file the first one is.
  public let kind: Kind
  /// The file that was read first, then each picture of the samples where it was first read. A picture has the name
  /// that the questions call it by, or its last part if they give it from the root on; one in a table's cell that of its
  /// row. Of a folder the names of its pictures are what is read first, a line each.
  public let files: [SourceDigest]
  /// One for each sample: tiles of its pictures, tokens of each class, SHA-256; see Formats/report.md.
  public let samples: [JSONValue]
  /// Tokens of each class, of all samples.
  public let tokens: JSONValue

  /// As `json` gave it, also from a .skyq file; nil for anything else.
  public init?(_ json: JSONValue) {
    guard let kind = json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)), let list = json["files"]?.arrayValue,
      let samples = json["samples"]?.arrayValue, let tokens = json["tokens"], tokens.objectValue != nil
    else { return nil }
    let files = list.compactMap(SourceDigest.init)
    guard files.count == list.count, !files.isEmpty else { return nil }
    self.kind = kind
    self.files = files
    self.samples = samples
    self.tokens = tokens
  }

  /// The record of `set`; nil if it was made from no file.
  init?(_ set: CalibrationSet, kind: Kind?, files: [SourceDigest]) {
    guard let kind, !files.isEmpty else { return nil }
    self.kind = kind
    self.files = files
    samples = set.records
    tokens = CalibrationSet.json(set.classCounts)
  }

  /// The name of the file that was read first.
  public var name: String { files[0].name }

  /// For `skyquant.json` and the .skyq file.
  public var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "files": .array(files.map(\.json)), "tokens": tokens, "samples": .array(samples),
    ]
  }

  /// The name of the first file that is another one in `other`; nil if all are the same, as far as both go: one may have
  /// used fewer samples.
  public func firstDifference(from other: CalibrationRecord) -> String? {
    zip(files, other.files).first { $0 != $1 }?.0.name
  }
}

/// Notes which files samples come from while they are read.
struct CalibrationFiles {
  private(set) var files: [SourceDigest] = []
  private var names: Set<String> = []

  /// Notes a file by the name that people call it by; of an absolute path only the last part is kept, since what is
  /// written names no place of this machine.
  mutating func add(_ name: String, _ content: @autoclosure () -> (byteCount: Int, sha256: SHA256Digest)) {
    guard names.insert(name).inserted else { return }
    let shown = name.hasPrefix("/") ? name.lastComponent : name, content = content()
    files.append(SourceDigest(name: shown, byteCount: content.byteCount, sha256: content.sha256))
  }
}
