// The forms of a value that is reported, for every type of such values.
internal import JSON
internal import LayerSearch

/// A value in a report.
protocol FieldValue: Sendable {
  /// For programs: numbers that are not finite are null.
  var json: JSONValue { get }
  /// For a table of comma-separated values; without comma, quote and line break.
  var csv: String { get }
  /// For a run that goes on: nothing is lost.
  var note: JSONValue { get }

  /// What `note` gave; nil for anything else.
  init?(note: JSONValue)
}

extension FieldValue {
  var note: JSONValue { json }
}

extension FieldValue where Self: LosslessStringConvertible {
  var csv: String { description }
}

extension String: FieldValue {
  var json: JSONValue { .string(self) }

  init?(note: JSONValue) {
    guard let text = note.stringValue else { return nil }
    self = text
  }
}

extension Int: FieldValue {
  var json: JSONValue { .integer(self) }

  init?(note: JSONValue) {
    guard let number = note.intValue else { return nil }
    self = number
  }
}

extension Double: FieldValue {
  var json: JSONValue { .double(self) }
  /// By its bits, so that NaN and infinity survive.
  var note: JSONValue { .string(String(bitPattern, radix: 16)) }

  init?(note: JSONValue) {
    guard let bits = note.stringValue.flatMap({ UInt64($0, radix: 16) }) else { return nil }
    self.init(bitPattern: bits)
  }
}

extension Float: FieldValue {
  var json: JSONValue { Double(self).json }
  var note: JSONValue { Double(self).note }

  init?(note: JSONValue) {
    guard let number = Double(note: note) else { return nil }
    self.init(number)
  }
}

extension FieldValue where Self: RawRepresentable<String> {
  var json: JSONValue { rawValue.json }
  var csv: String { rawValue }

  init?(note: JSONValue) {
    guard let word = note.stringValue else { return nil }
    self.init(rawValue: word)
  }
}

extension Rounding: FieldValue {}

extension ScaleRule: FieldValue {}

extension Array: FieldValue where Element == OutlierChannel {
  var json: JSONValue { .array(map { ["channel": $0.channel.json, "ratio": $0.ratio.json] }) }
  /// `17:8.5 3:6.0`
  var csv: String { map { "\($0.channel):\($0.ratio)" }.joined(separator: " ") }
  var note: JSONValue { .array(map { [$0.channel.note, $0.ratio.note] }) }

  init?(note: JSONValue) {
    guard let pairs = note.arrayValue else { return nil }
    self.init()
    for pair in pairs {
      guard let pair = pair.arrayValue, pair.count == 2, let channel = Int(note: pair[0]),
        let ratio = Float(note: pair[1])
      else { return nil }
      append(OutlierChannel(channel: channel, ratio: ratio))
    }
  }
}
