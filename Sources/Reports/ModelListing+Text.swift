// What `skyquant inspect` tells of what is no model of ours: tensors by their types, and why it is none.
internal import Basics
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
  public var lines: [String] {
    var table = TextTable(columns: [.left, .right, .right, .right, .right])
    table.add(["type", "tensors", "elements", "size", "share"])
    for row in rows {
      let share = Double(row.byteCount) / Double(max(listing.weights.byteCount, 1))
      table.add([
        row.encoding, "\(row.tensorCount)", Quantity.text(row.elementCount), ByteCount.text(row.byteCount),
        Percentage.text(share),
      ])
    }
    let names = listing.carried.names.map(\.displayed)
    return [heading, reason, ""] + table.lines + [""]
      + (names.isEmpty ? [] : ["files: " + names.joined(separator: " · ")])
      + [
        "next: skyquant inspect \(listing.path.displayed) --tensors '*'   ·   skyquant check \(listing.path.displayed) --full"
      ]
  }

  private var heading: String {
    let files = listing.weights.count
    return [
      listing.path.displayed, listing.architecture?.displayed ?? "no architecture",
      "safetensors, \(files == 1 ? "1 file" : "\(files) files")", ByteCount.text(listing.weights.byteCount),
    ].joined(separator: "  ·  ")
  }

  private var reason: String {
    "headers only, skyquant does not compute with it: "
      + (listing.reason ?? "a file of weights alone is no model")
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
