// `.gitattributes` of a directory that goes to a model hub: which files git keeps outside its history.
internal import Storage

/// The file that says so.
public enum GitAttributes {
  /// Its name.
  public static let fileName = ".gitattributes"

  /// A model hub takes no larger file without it.
  private static let hubLimit = 10_000_000

  /// The original's own file; else one for weights, and for a tokenizer that is too large otherwise.
  /// - Throws: why the tokenizer cannot be read.
  public static func bytes(for source: ModelFile) throws -> [UInt8] {
    if let own = try? source.files.bytes(of: fileName) { return own }
    let tokenizer = try source.files.bytes(of: "tokenizer.json")?.count ?? 0
    let names = ["*.safetensors"] + (tokenizer > hubLimit ? ["tokenizer.json"] : [])
    return Array(names.map { "\($0) filter=lfs diff=lfs merge=lfs -text\n" }.joined().utf8)
  }
}
