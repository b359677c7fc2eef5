// What `inspect --provenance` says: how a model was made.
public import Basics
public import JSON
public import ModelFiles

/// How a model was made, on one screen and for programs.
public struct ProvenanceText {
  private let path: String
  private let provenance: ModelProvenance

  /// The text of `provenance`, of the model that the user calls `path`.
  public init(_ provenance: ModelProvenance, path: String) {
    self.path = path
    self.provenance = provenance
  }

  /// One line for each setting and each file.
  public var lines: [StyledText] { facts.map { StyledText($0) } + [""] + repeating }

  /// The settings and files alone.
  public var facts: [String] {
    var table = TextTable(columns: [.left, .left])
    if let packing = provenance.packing {
      let program = ["tool", "version"].compactMap { packing[$0]?.stringValue?.displayed }
      table.add(["packed by", program.joined(separator: " ")])
      for source in packing["sources"]?.arrayValue ?? [] { table.add(["packed from", file(source)]) }
    }
    for (key, value) in provenance.recipe?.objectValue?.members ?? [] {
      for (name, value) in settings(key, value) { table.add([name.displayed, text(value)]) }
    }
    let files = provenance.calibration?["files"]?.arrayValue ?? []
    if let first = files.first { table.add(["calibrated on", file(first)]) }
    if files.count > 1 { table.add(["", "and \(files.count - 1) pictures"]) }
    for (name, count) in provenance.calibration?["tokens"]?.objectValue?.members ?? [] {
      table.add(["\(name.displayed) tokens", text(count)])
    }
    for name in provenance.evaluations.keys { table.add(["verified", name.displayed]) }
    return table.lines
  }

  /// How to quantize another model in the same way.
  private var repeating: [StyledText] {
    guard provenance.recipe != nil else {
      return ["no recipe: an older skyquant or another program quantized it, or nothing did"]
    }
    let inspect = ["skyquant", "inspect", path.shellPath, "--provenance", "--json", ">", "recipe.json"]
    let quantize = ["skyquant", "quantize", "MODEL", "--recipe", "recipe.json", "--out", "OUT"]
    return [inspect, quantize].map { "next: \(StyledText.command($0))" }
  }

  /// What is not known is null.
  public var json: JSONValue {
    [
      "schema": "skyquant.provenance/1", "path": .string(path), "packing": provenance.packing ?? .null,
      "recipe": provenance.recipe ?? .null, "calibration": provenance.calibration ?? .null,
      "linears": provenance.linears ?? .null, "evaluations": .object(provenance.evaluations),
    ]
  }

  /// The setting `key`; of an object its members, lists of modules by their number.
  private func settings(_ key: String, _ value: JSONValue) -> [(name: String, value: JSONValue)] {
    guard let members = value.objectValue?.members else { return [(key, value)] }
    return members.flatMap { name, value in
      settings("\(key) \(name)", name == "linears" ? .integer(value.arrayValue?.count ?? 0) : value)
    }
  }

  private func text(_ value: JSONValue) -> String {
    switch value {
    case .null: "-"
    case .bool(let flag): flag ? "yes" : "no"
    case .number(let number): number.literal
    case .string(let text): text.displayed
    case .array(let elements): elements.isEmpty ? "-" : elements.map(text).joined(separator: ", ")
    case .object: "…"
    }
  }

  private func file(_ source: JSONValue) -> String {
    let name = source["name"]?.stringValue?.displayed ?? "?"
    let size = source["bytes"]?.intValue.map(ByteCount.text) ?? "?"
    return "\(name)  \(size)  sha256 \(source["sha256"]?.stringValue?.displayed.prefix(16) ?? "?")…"
  }
}
