// From a JSON value to bytes, by json-c. It keeps the order of members, prints numbers by the literal we hand
// it, leaves non-ASCII text raw, and escapes what RFC 8259 says must be escaped. Its keys are C strings, so a
// key with U+0000 is refused here instead of being cut there.
import CJSONC

/// How a JSON text is laid out.
public enum JSONStyle: Sendable {
  /// No white space: `{"a":1}`.
  case compact
  /// Two spaces of indentation, as Python's `json.dumps(indent=2)`.
  case pretty
  /// Compact with the members of every object sorted by the UTF-8 of their keys, for digests.
  case canonical
}

extension JSONValue {
  /// The JSON text in UTF-8, without a newline at the end. Numbers are written as they were read.
  /// - Throws: `JSONError.unwritableKey`, `JSONError.writerOutOfMemory`.
  public func serialized(_ style: JSONStyle = .compact) throws(JSONError) -> [UInt8] {
    let tree = try JSONTree(self, sortingKeys: style == .canonical)
    let layout = style == .pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN
    return try tree.text(flags: layout | JSON_C_TO_STRING_NOSLASHESCAPE)
  }
}

/// A json-c object tree. The root owns all nodes below it.
@safe private struct JSONTree: ~Copyable {
  /// Nil stands for JSON null, in json-c too.
  private let root: OpaquePointer?

  init(_ value: JSONValue, sortingKeys: Bool) throws(JSONError) {
    unsafe root = try JSONTree.node(for: value, sortingKeys: sortingKeys)
  }

  deinit { unsafe json_object_put(root) }

  /// The text is json-c's and lives as long as the tree, hence the copy.
  func text(flags: Int32) throws(JSONError) -> [UInt8] {
    var length = 0
    guard let text = unsafe json_object_to_json_string_length(root, flags, &length) else { throw .writerOutOfMemory }
    return unsafe Array(UnsafeRawBufferPointer(start: text, count: length))
  }

  /// A new node that the caller owns; nil for JSON null.
  private static func node(for value: JSONValue, sortingKeys: Bool) throws(JSONError) -> OpaquePointer? {
    switch value {
    case .null: return nil
    case .bool(let flag): return unsafe try allocated(json_object_new_boolean(flag ? 1 : 0))
    case .number(let number): return unsafe try literal(number.literal)
    case .string(let text): return unsafe try string(text)
    case .array([]): return unsafe try literal("[]")  // json-c would spread it over two lines
    case .object(let members) where members.count == 0: return unsafe try literal("{}")
    case .array(let elements): return unsafe try array(elements, sortingKeys: sortingKeys)
    case .object(let members): return unsafe try object(members, sortingKeys: sortingKeys)
    }
  }

  /// A node that is printed as `text`: json-c keeps the literal of a double beside its value.
  private static func literal(_ text: String) throws(JSONError) -> OpaquePointer {
    unsafe try allocated(json_object_new_double_s(0, text))
  }

  private static func string(_ text: String) throws(JSONError) -> OpaquePointer {
    let count = text.utf8.count
    guard let length = Int32(exactly: count) else { throw .tooLong(byteCount: count, limit: Int(Int32.max)) }
    return unsafe try allocated(text.withCString { unsafe json_object_new_string_len($0, length) })
  }

  private static func array(_ elements: [JSONValue], sortingKeys: Bool) throws(JSONError) -> OpaquePointer {
    let array = unsafe try allocated(json_object_new_array())
    do throws(JSONError) {
      for element in elements {
        let child = unsafe try node(for: element, sortingKeys: sortingKeys)
        guard unsafe json_object_array_add(array, child) == 0 else { throw unsafe discarding(child) }
      }
      return unsafe array
    } catch {
      unsafe json_object_put(array)
      throw error
    }
  }

  private static func object(_ members: JSONObject, sortingKeys: Bool) throws(JSONError) -> OpaquePointer {
    let object = unsafe try allocated(json_object_new_object())
    do throws(JSONError) {
      var ordered = members.members
      if sortingKeys { ordered.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
      for (key, value) in ordered {
        guard !key.utf8.contains(0) else { throw .unwritableKey(key) }
        let child = unsafe try node(for: value, sortingKeys: sortingKeys)
        // Keys are unique already, so json-c need not look for an old member.
        guard unsafe json_object_object_add_ex(object, key, child, UInt32(JSON_C_OBJECT_ADD_KEY_IS_NEW)) == 0
        else { throw unsafe discarding(child) }
      }
      return unsafe object
    } catch {
      unsafe json_object_put(object)
      throw error
    }
  }

  private static func allocated(_ node: OpaquePointer?) throws(JSONError) -> OpaquePointer {
    guard let node = unsafe node else { throw .writerOutOfMemory }
    return unsafe node
  }

  /// A child that could not be attached has no other owner.
  private static func discarding(_ child: OpaquePointer?) -> JSONError {
    unsafe json_object_put(child)
    return .writerOutOfMemory
  }
}
