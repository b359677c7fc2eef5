// `'%s' % value`, the filter `format`, and `'{}'.format(value)`, without widths and precisions.

extension Renderer {
  /// `text % value`; a tuple gives several values.
  mutating func formatted(_ text: Text, _ value: Value) throws(JinjaError) -> Text {
    var arguments = CallArguments(positional: [value])
    if case .tuple(let list) = value { arguments.positional = list.elements }
    return try fill(text, arguments, mapping: value)
  }

  /// `text|format(arguments)`
  mutating func formatted(_ text: Text, _ arguments: CallArguments) throws(JinjaError) -> Text {
    guard !arguments.named.isEmpty else { return try fill(text, arguments, mapping: nil) }
    guard arguments.positional.isEmpty else {
      throw failure("'format' takes arguments with names or without, not both")
    }
    var dictionary = ValueDictionary()
    for (name, value) in arguments.named { dictionary.set(Text(name), to: value) }
    let mapping = Value.dictionary(dictionary)
    return try fill(text, CallArguments(positional: [mapping]), mapping: mapping)
  }

  private mutating func fill(
    _ text: Text, _ arguments: CallArguments, mapping: Value?
  ) throws(JinjaError) -> Text {
    guard !text.isSafe else { throw unsupported("'%' of a text marked as safe") }
    var result: [Unicode.Scalar] = []
    var values = arguments.positional[...]
    var usesNames = false
    var rest = text.scalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.append(scalar)
        continue
      }
      var named: Value?
      if rest.first == "(" {
        guard case .dictionary(let dictionary)? = mapping, let end = rest.firstIndex(of: ")") else {
          throw failure("'%(name)' in a format needs a dict")
        }
        let name = Text(rest[(rest.startIndex + 1)..<end])
        rest = rest[(end + 1)...]
        guard let member = dictionary[.text(name)] else {
          throw failure("the format's \(name.excerpt) is not given")
        }
        (named, usesNames) = (member, true)
      }
      guard let conversion = rest.popFirst() else { throw failure("a format ends within '%'") }
      if conversion == "%", named == nil {
        result.append("%")
        continue
      }
      guard let value = named ?? values.popFirst() else { throw failure("a format has more '%' than values") }
      result += try converted(value, conversion)
      guard result.count <= limits.textLength else {
        throw .limit(line: line, .textLength(limits.textLength))
      }
    }
    // Python lets a dict or list be left over, since it might have been meant for names.
    let mayRemain: Bool =
      switch mapping {
      case .dictionary, .list, .range, .undefined: true
      default: usesNames
      }
    guard values.isEmpty || mayRemain else { throw failure("a format has fewer '%' than values") }
    return Text(result)
  }

  private mutating func converted(
    _ value: Value, _ conversion: Unicode.Scalar
  ) throws(JinjaError) -> [Unicode.Scalar] {
    switch conversion {
    case "s":
      let text = try text(of: value)
      guard !text.isSafe else { throw unsupported("a text marked as safe in a format") }
      try spend(scalars: text.count)
      return text.scalars
    case "r": return Array(try representation(of: value).unicodeScalars)
    case "d", "i", "u":
      guard let number = value.number else { throw failure(value, "cannot be formatted as a number") }
      guard case .float(let fraction) = number else {
        return Array(String(value.wholeNumber ?? 0).unicodeScalars)
      }
      guard let whole = Int(exactly: fraction.rounded(.towardZero)) else {
        throw .limit(line: line, .integer)
      }
      return Array(String(whole).unicodeScalars)
    default: throw unsupported("the conversion \(Text(["%", conversion]).excerpt)")
    }
  }

  /// `text.format(arguments)` with the fields `{}`, `{0}`, `{name}`, and `{name:d}` for whole numbers.
  mutating func formatted(braces text: Text, _ arguments: CallArguments) throws(JinjaError) -> Text {
    var result: [Unicode.Scalar] = []
    var fieldCount = 0
    var rest = text.scalars[...]
    while let scalar = rest.popFirst() {
      if scalar == "{" || scalar == "}", rest.first == scalar {
        rest.removeFirst()
        result.append(scalar)
      } else if scalar == "{" {
        guard let end = rest.firstIndex(of: "}") else {
          throw failure("a format has a '{' that is not closed")
        }
        let field = try self.field(rest[..<end], &fieldCount, arguments)
        rest = rest[(end + 1)...]
        try spend(scalars: field.count)
        result += field
        guard result.count <= limits.textLength else {
          throw .limit(line: line, .textLength(limits.textLength))
        }
      } else if scalar == "}" {
        throw failure("a format has a '}' that is not opened")
      } else {
        result.append(scalar)
      }
    }
    return Text(result)
  }

  /// What a field stands for.
  /// - Parameter count: How many fields without a name there have been.
  private mutating func field(
    _ field: ArraySlice<Unicode.Scalar>, _ count: inout Int, _ arguments: CallArguments
  ) throws(JinjaError) -> [Unicode.Scalar] {
    let isDecimal = field.suffix(2).elementsEqual([":", "d"])
    let name = Text(field.dropLast(isDecimal ? 2 : 0))
    let isPlain = name.scalars.allSatisfy { scalar in
      scalar == "_" || (scalar.isASCII && scalar.properties.isAlphabetic) || scalar.decimalDigit != nil
    }
    guard isPlain else { throw unsupported("the field \(Text("{" + Text(field).string + "}").excerpt) of a format") }
    var index = Int(name.string)
    if name.isEmpty {
      index = count
      count += 1
    }
    let positional = index.flatMap { arguments.positional.indices.contains($0) ? arguments.positional[$0] : nil }
    let named = arguments.named.first { $0.name == name.string }?.value
    guard let value = index == nil ? named : positional else {
      throw failure("the format's field \(name.excerpt) is not given")
    }
    guard isDecimal else { return try text(of: value).scalars }
    guard let number = value.wholeNumber else { throw failure(value, "cannot be formatted as a whole number") }
    return Array(String(number).unicodeScalars)
  }
}
