// A JSON object that remembers the order of its members.

/// An object's members in order. Keys are unique.
///
/// Two keys are the same if their UTF-8 is: unlike `String`, an é of one scalar and one of two are different
/// members, as they are to every other JSON library.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  private var entries: [Entry] = []
  /// Where each key stands in `entries`; left empty while a linear search is faster.
  private var positions: [ExactKey: Int] = [:]
  private static let linearSearchLimit = 8

  private struct Entry: Hashable {
    let key: ExactKey
    var value: JSONValue
  }

  public init() {}

  /// Members in the order written. A repeated key keeps its last value.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (key, value) in elements { self[key] = value }
  }

  public var count: Int { entries.count }
  /// Keys in order.
  public var keys: [String] { entries.map(\.key.text) }
  /// Members in order.
  public var members: [(key: String, value: JSONValue)] { entries.map { (key: $0.key.text, value: $0.value) } }

  /// The member `key`. Setting a new key appends it; setting nil removes it.
  public subscript(key: String) -> JSONValue? {
    get { position(of: ExactKey(key)).map { entries[$0].value } }
    set {
      guard let newValue else { return remove(key) }
      if let position = position(of: ExactKey(key)) {
        entries[position].value = newValue
      } else {
        append(key, newValue)
      }
    }
  }

  /// Appends a member; false, and no change, if the key is there already.
  @discardableResult
  public mutating func append(_ key: String, _ value: JSONValue) -> Bool {
    let key = ExactKey(key)
    guard position(of: key) == nil else { return false }
    entries.append(Entry(key: key, value: value))
    if !positions.isEmpty {
      positions[key] = entries.count - 1
    } else if entries.count > JSONObject.linearSearchLimit {
      index()
    }
    return true
  }

  private mutating func remove(_ key: String) {
    guard let position = position(of: ExactKey(key)) else { return }
    entries.remove(at: position)
    positions = [:]
    if entries.count > JSONObject.linearSearchLimit { index() }
  }

  private mutating func index() {
    for (position, entry) in entries.enumerated() { positions[entry.key] = position }
  }

  private func position(of key: ExactKey) -> Int? {
    positions.isEmpty ? entries.firstIndex { $0.key == key } : positions[key]
  }

  /// Whether the members are the same, in the same order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool { left.entries == right.entries }

  public func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}

/// A string compared by its UTF-8 and not by canonical equivalence.
private struct ExactKey: Hashable, Sendable {
  let text: String
  init(_ text: String) { self.text = text }

  static func == (left: ExactKey, right: ExactKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  func hash(into hasher: inout Hasher) {
    let isHashed: Void? = unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
      unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
    }
    if isHashed == nil { text.utf8.forEach { hasher.combine($0) } }
  }
}
