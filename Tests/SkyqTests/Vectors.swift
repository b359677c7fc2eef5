// The conformance vectors in Formats/vectors, made by Scripts/golden/skyq_vectors.py from the specification.
import JSON
import Storage
import Testing

/// One case of the manifest: a file, or a file with its size changed and bytes edited.
struct VectorCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// The code with which opening fails; nil if it does not.
  let openCode: String?
  /// The codes that a quick and a full check report.
  let quickCodes: [String]
  let fullCodes: [String]
  let json: JSONValue

  var testDescription: String { name }
  var isValid: Bool { openCode == nil && fullCodes.isEmpty }

  init(_ json: JSONValue) throws {
    name = try #require(json["name"]?.stringValue)
    openCode = json["open"]?.stringValue
    quickCodes = json["quick"]?.arrayValue?.compactMap(\.stringValue) ?? []
    fullCodes = json["full"]?.arrayValue?.compactMap(\.stringValue) ?? []
    self.json = json
  }

  /// The bytes of the case, which must have the digest that the manifest states.
  func bytes() throws -> [UInt8] {
    var bytes = try Vectors.file(try #require(json["file"]?.stringValue))
    if let size = json["size"]?.intValue {
      bytes = Array(bytes.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - bytes.count))
    }
    for edit in json["edits"]?.arrayValue ?? [] {
      let offset = try #require(edit.arrayValue?.first?.intValue)
      let replacement = try Vectors.bytes(hexadecimal: try #require(edit.arrayValue?.last?.stringValue))
      bytes.replaceSubrange(offset..<offset + replacement.count, with: replacement)
    }
    try #require(SHA256Hasher.hash(bytes).description == json["sha256"]?.stringValue)
    return bytes
  }
}

enum Vectors {
  static let directory = #filePath.dropLast("Tests/SkyqTests/Vectors.swift".count) + "Formats/vectors/"

  /// All cases of the manifest.
  static let cases: [VectorCase] = {
    do {
      let manifest = try JSONValue(parsing: file("manifest.json"))
      return try (manifest["cases"]?.arrayValue ?? []).map(VectorCase.init)
    } catch {
      Issue.record(error)
      return []
    }
  }()

  static func file(_ name: String) throws -> [UInt8] { try readFile(directory + name, limit: 4 << 20) }

  static func bytes(hexadecimal text: String) throws -> [UInt8] {
    let digits = Array(text)
    return try stride(from: 0, to: digits.count, by: 2).map {
      try #require(UInt8(String(digits[$0..<$0 + 2]), radix: 16))
    }
  }
}
