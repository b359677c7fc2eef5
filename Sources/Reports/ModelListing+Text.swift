// What `skyquant inspect` tells of what is no model of ours: tensors by their types, and why it is none.
public import Basics
public import JSON
public import ModelFiles
internal import Tensors

/// The summary of files of weights, on one screen and for programs.
public struct ListingText {
  private let listing: ModelListing
  private let rows: [Row]

  /// Tensors of one type.
  private struct Row {
    var encoding: String
    var tensorCount = 0
    var elementCount = 0
    var byteCount = 0
  }

  /// The text of `listing`.
  public init(_ listing: ModelListing) {
    self.listing = listing
    var rows: [Row] = []
    for tensor in listing.weights.tensors {
      let place = rows.firstIndex { $0.encoding == tensor.encodingName } ?? rows.count
      if place == rows.count { rows.append(Row(encoding: tensor.encodingName)) }
      rows[place].tensorCount += 1
      rows[place].elementCount += tensor.shape.elementCount
      rows[place].byteCount += tensor.byteCount
    }
    self.rows = rows.sorted { ($0.byteCount, $1.encoding) > ($1.byteCount, $0.encoding) }
  }

  /// For people.
  /// - Parameter width: Columns that there are; nil if nobody knows.
  public func lines(width: Int?) -> [StyledText] {
    var table = TextTable(columns: [.left, .right, .right, .right, .right], dispensable: [2])
    table.add(["type", "tensors", "elements", "size", "share"])
    for row in rows {
      let share = Double(row.byteCount) / Double(max(listing.weights.byteCount, 1))
      table.add([
        row.encoding, "\(row.tensorCount)", Quantity.text(row.elementCount), ByteCount.text(row.byteCount),
        Percentage.text(share),
      ])
    }
    var lines = [heading, reason, ""] + table.styledLines(width: width) + [""]
    let names = listing.carried.names.map(\.displayed).joined(separator: " · ")
    if !names.isEmpty { lines.append("files: \(names)") }
    return lines + next
  }

  private var next: [StyledText] {
    let path = listing.path.shellPath
    let commands = [["inspect", path, "--tensors", "'*'"], ["check", path, "--full"]]
    return commands.map { "next: \(StyledText.command(["skyquant"] + $0))" }
  }

  private var heading: StyledText {
    let files = listing.weights.count
    let facts = [
      listing.path.displayed, listing.architecture?.displayed ?? "no architecture",
      "safetensors, \(files == 1 ? "1 file" : "\(files) files")", ByteCount.text(listing.weights.byteCount),
    ]
    return StyledText(facts.joined(separator: "  ·  "))
  }

  private var reason: StyledText {
    let reason = listing.reason ?? "a file of weights alone is no model"
    return "headers only, skyquant does not compute with it: \(reason)"
  }

  /// For programs.
  public var json: JSONValue {
    [
      "schema": "skyquant.listing/1", "path": .string(listing.path),
      "architecture": listing.architecture.map(JSONValue.string) ?? .null,
      "reason": listing.reason.map(JSONValue.string) ?? .null, "bytes": .integer(listing.weights.byteCount),
      "files": .array(listing.carried.names.map(JSONValue.string)),
      "types": .array(
        rows.map { row in
          [
            "type": .string(row.encoding), "tensors": .integer(row.tensorCount),
            "elements": .integer(row.elementCount), "bytes": .integer(row.byteCount),
          ]
        }),
    ]
  }
}
