// The methods of Python's dict, list and tuple that change nothing.

extension Renderer {
  /// `receiver.name(arguments)`
  mutating func call(
    _ name: String, of receiver: Value, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    let callee = "the method '\(receiver.typeName).\(name)'"
    switch (receiver, name) {
    case (.dictionary(let dictionary), "get"):
      let bound = try bind(arguments, to: ["", ""], required: 1, callee)
      return dictionary[try hashKey(bound[0] ?? .none)] ?? bound[1] ?? .none
    case (.dictionary(let dictionary), "keys"), (.dictionary(let dictionary), "values"),
      (.dictionary(let dictionary), "items"):
      _ = try bind(arguments, to: [], callee)
      guard let kind = DictionaryView.Kind(rawValue: name) else { throw unsupported(callee) }
      return .view(DictionaryView(kind: kind, dictionary: dictionary))
    case (.dictionary, "copy"), (.list, "copy"):
      _ = try bind(arguments, to: [], callee)
      return receiver
    case (.list(let list), "count"), (.tuple(let list), "count"):
      let wanted = try bind(arguments, to: [""], required: 1, callee)[0] ?? .none
      var count = 0
      for element in list.elements where try equal(element, wanted) { count += 1 }
      return .integer(count)
    case (.list(let list), "index"), (.tuple(let list), "index"):
      let wanted = try bind(arguments, to: [""], required: 1, callee)[0] ?? .none
      for (index, element) in list.elements.enumerated() where try equal(element, wanted) {
        return .integer(index)
      }
      throw failure("\(callee) does not find its argument")
    default: throw unsupported(callee)
    }
  }
}
