// The filters of jinja2, by name: what they are applied to, their parameters, and where they are computed.

/// A filter that templates may use.
enum Filter: String, Sendable {
  case abs, capitalize, count, d, `default`, dictsort, e, escape, first, float, format, indent, int, items,
    join, last
  case length, list, lower, map, max, min, reject, rejectattr, replace, reverse, round, safe, select,
    selectattr, sort
  case string, sum, title, tojson, trim, unique, upper

  /// Filters that jinja2 has and this subset has not.
  private static let unsupported: Set<String> = [
    "attr", "batch", "center", "filesizeformat", "forceescape", "groupby", "pprint", "random", "slice",
    "striptags",
    "truncate", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr",
  ]

  /// The filter of that name.
  /// - Throws: `JinjaError.syntax`, or `.unsupported` if jinja2 has one.
  init(name: String, line: Int) throws(JinjaError) {
    guard let filter = Filter(rawValue: name) else {
      if Self.unsupported.contains(name) { throw .unsupported(line: line, construct: "the filter '\(name)'") }
      throw .syntax(line: line, reason: "there is no filter '\(name)'")
    }
    self = filter
  }

  /// The names of its parameters, without the value it is applied to. Nil where they depend on the arguments.
  var parameters: [String]? {
    switch self {
    case .default, .d: ["default_value", "boolean"]
    case .dictsort: ["case_sensitive", "by", "reverse"]
    case .float: ["default"]
    case .indent: ["width", "first", "blank"]
    case .int: ["default", "base"]
    case .join: ["d", "attribute"]
    case .max, .min, .unique: ["case_sensitive", "attribute"]
    case .replace: ["old", "new", "count"]
    case .round: ["precision", "method"]
    case .sort: ["reverse", "case_sensitive", "attribute"]
    case .sum: ["attribute", "start"]
    case .tojson: ["ensure_ascii", "indent", "separators", "sort_keys"]
    case .trim: ["chars"]
    case .map, .select, .reject, .selectattr, .rejectattr, .format: nil
    default: []
    }
  }

  /// How many of its parameters need an argument.
  var requiredCount: Int { self == .replace ? 2 : 0 }
}

extension Renderer {
  /// `value|name(arguments)`
  mutating func apply(
    _ filter: Filter, to value: Value, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    guard let parameters = filter.parameters else {
      return filter == .format
        ? try checked(formatted(text(of: value), arguments)) : try select(filter, from: value, arguments)
    }
    let callee = "the filter '\(filter.rawValue)'"
    let bound = try bind(arguments, to: parameters, required: filter.requiredCount, callee)
    return try apply(filter, to: value, FilterArguments(values: bound, callee: callee))
  }

  /// Applies a filter that has parameters of its own.
  private mutating func apply(
    _ filter: Filter, to value: Value, _ arguments: FilterArguments
  ) throws(JinjaError) -> Value {
    switch filter {
    case .capitalize, .e, .escape, .indent, .join, .lower, .replace, .safe, .string, .title, .tojson, .trim,
      .upper:
      return try apply(textFilter: filter, to: value, arguments)
    case .abs, .float, .int, .round, .sum: return try apply(numberFilter: filter, to: value, arguments)
    case .dictsort, .sort, .unique, .min, .max: return try apply(sortingFilter: filter, to: value, arguments)
    case .default, .d:
      let isReplaced = value.isUndefined || (arguments[1]?.isTrue == true && !value.isTrue)
      return isReplaced ? arguments[0] ?? .text("") : value
    case .count, .length: return .integer(try count(of: value))
    case .first: return try iterator(over: value).next(&self) ?? .undefined("the first of an empty sequence")
    case .last:
      if case .iterator = value { throw failure("an iterator has no last element; make a list of it first") }
      return try elements(of: value).last ?? .undefined("the last of an empty sequence")
    case .list: return try checked(elements(of: value))
    case .items: return try items(of: value)
    default: return try reversed(value)
    }
  }

  private func items(of value: Value) throws(JinjaError) -> Value {
    switch value {
    case .undefined: return .iterator(ValueIterator([]))
    case .dictionary(let dictionary): return .iterator(ValueIterator(dictionary.items))
    default: throw failure("\(value.typeName) has no items; a dict has")
    }
  }

  private mutating func reversed(_ value: Value) throws(JinjaError) -> Value {
    if case .text(let text) = value { return try checked(text.replacing(text.scalars.reversed())) }
    // Python reverses an iterator into a list, and everything else into an iterator.
    if case .iterator = value { return try checked(elements(of: value).reversed()) }
    return .iterator(ValueIterator(try elements(of: value).reversed()))
  }
}

/// The arguments of a filter in the order of its parameters.
struct FilterArguments {
  let values: [Value?]
  let callee: String

  subscript(index: Int) -> Value? { values[index] }
}
