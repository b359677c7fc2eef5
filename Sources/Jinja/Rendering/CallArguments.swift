// Arguments of a call, and which parameter gets which.

/// The values of the arguments of a call, filter or test.
struct CallArguments {
  var positional: [Value] = []
  var named: [(name: String, value: Value)] = []
}

extension Renderer {
  /// Gives each parameter its argument, nil for those left out.
  ///
  /// - Parameters:
  ///   - parameters: Names in order; those that are empty can only be given by position.
  ///   - required: How many of them cannot be left out.
  ///   - callee: For errors, for example `the filter 'join'`.
  func bind(
    _ arguments: CallArguments, to parameters: [String], required: Int = 0, _ callee: String
  ) throws(JinjaError) -> [Value?] {
    guard arguments.positional.count <= parameters.count else {
      throw failure(
        "\(callee) takes at most \(parameters.count) arguments, found \(arguments.positional.count)")
    }
    var bound: [Value?] = arguments.positional
    bound += Array(repeating: nil, count: parameters.count - bound.count)
    for (name, value) in arguments.named {
      guard !name.isEmpty, let index = parameters.firstIndex(of: name) else {
        throw failure("\(callee) has no argument \(Text(name).excerpt)")
      }
      guard bound[index] == nil else { throw failure("\(callee) is given '\(name)' twice") }
      bound[index] = value
    }
    for index in 0..<required where bound[index] == nil {
      let name = parameters[index].isEmpty ? "" : " '\(parameters[index])'"
      throw failure("\(callee) needs its argument\(name)")
    }
    return bound
  }

  /// An argument that must be a text.
  func text(_ value: Value?, _ callee: String) throws(JinjaError) -> Text? {
    guard let value else { return nil }
    guard case .text(let text) = value else {
      throw failure(value, "cannot be an argument of \(callee); a str can")
    }
    return text
  }

  /// An argument that must be a whole number.
  func wholeNumber(_ value: Value?, _ callee: String) throws(JinjaError) -> Int? {
    guard let value else { return nil }
    guard let number = value.wholeNumber else {
      throw failure(value, "cannot be an argument of \(callee); an int can")
    }
    return number
  }
}
