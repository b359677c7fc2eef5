// Small files that belong to a model: config.json, tokenizer.json. They lie in a directory or inside a .skyq file.

/// The small files of a model, by plain file name.
public protocol NamedFiles: Sendable {
  /// Names in a fixed order.
  var names: [String] { get }
  /// The bytes of `name`, or nil if there is no such file.
  /// - Throws: if it exists but cannot be read.
  func bytes(of name: String) throws -> [UInt8]?
}
