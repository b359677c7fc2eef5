// The sample's small files with changes that a test makes up.
import Companions
import JSON
import ModelConfig
import SampleModel
import Storage
import Testing
import Tokenization

/// Files in memory.
struct FileSet: NamedFiles {
  private var contents: [String: [UInt8]]
  var names: [String] { contents.keys.sorted() }

  /// Those of the sample model, and a Jinja template.
  init() throws {
    let files = try DirectoryFiles(path: SampleModel().modelDirectory)
    contents = [:]
    for name in files.names where !name.contains(".safetensors") { contents[name] = try files.bytes(of: name) }
  }

  func bytes(of name: String) -> [UInt8]? { contents[name] }

  subscript(name: String) -> String? {
    get { contents[name].map { String(decoding: $0, as: UTF8.self) } }
    set { contents[name] = newValue.map { Array($0.utf8) } }
  }

  func json(_ name: String) throws -> JSONValue { try JSONValue(parsing: try #require(contents[name])) }

  /// The same files with another value at a path of a JSON file; nil takes the member away.
  func with(_ name: String, _ path: String..., value: JSONValue?) throws -> FileSet {
    var copy = self
    copy.contents[name] = try Self.set(path[...], value, in: try json(name)).serialized(.pretty)
    return copy
  }

  private static func set(_ path: ArraySlice<String>, _ value: JSONValue?, in document: JSONValue) throws -> JSONValue {
    guard let key = path.first else { return try #require(value) }
    var object = try #require(document.objectValue)
    let isLast = path.count == 1
    object[key] = isLast ? value : try set(path.dropFirst(), value, in: object[key] ?? .object(JSONObject()))
    return .object(object)
  }

  var config: ModelConfig { get throws { try ModelConfig(document: try json("config.json")) } }

  var companions: ModelCompanions {
    get throws { ModelCompanions(files: self, config: try config, tokenizer: try Tokenizer(files: self)) }
  }

  /// `file: setting` for each difference.
  func differences(from reference: FileSet) throws -> [String] {
    try companions.differences(from: reference.companions).map { "\($0.file): \($0.setting)" }
  }
}
