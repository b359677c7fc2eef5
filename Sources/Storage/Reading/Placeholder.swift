// What lies in a file's place when a download did not bring the file: told by its first bytes, before a parser
// stumbles over them.

/// Something in a file's place that is not the file.
public enum Placeholder: Sendable, Equatable {
  /// The text that git-lfs leaves for a file that was not fetched, and the size that it gives.
  case lfsPointer(byteCount: Int?)
  /// A page for browsers: a login, an error.
  case webPage
  /// What a server answered instead, in a few words: `Entry not found`.
  case refusal(String)

  /// What the file `name` holds instead of itself; nil if nothing says so.
  ///
  /// A git-lfs pointer is one under any name. A page may be what a file is meant to be, unless its name ends as those of
  /// weights, settings, code and pictures do.
  public init?(_ file: RawSpan, name: String) {
    let beginning = unsafe file.extracting(first: 1024).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    if file.byteCount < 1024, beginning.hasPrefix("version https://git-lfs.github.com/spec/") {
      let size = beginning.split(separator: "\n").first { $0.hasPrefix("size ") }?.dropFirst("size ".count)
      self = .lfsPointer(byteCount: size.flatMap { Int($0) })
      return
    }
    guard Self.neverPages.contains(where: { name.lowercased().hasSuffix($0) }) else { return nil }
    let text = beginning.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.prefix(64).lowercased()
    if ["<!doctype html", "<html", "<?xml", "<error>"].contains(where: { text.hasPrefix($0) }) {
      self = .webPage
    } else if file.byteCount < 200, let answer = Self.answers.first(where: { text.hasPrefix($0.lowercased()) }) {
      self = .refusal(answer)
    } else {
      return nil
    }
  }

  private static let neverPages = [
    ".safetensors", ".skyq", ".json", ".jsonl", ".py", ".jinja", ".model", ".tsv", ".png", ".jpg", ".jpeg", ".webp",
    ".gif", ".bmp", ".tif", ".tiff",
  ]
  /// What huggingface.co answers.
  private static let answers = [
    "Entry not found", "Repository not found", "Invalid username or password", "Access to model", "Not Found",
  ]
}

extension Placeholder: CustomStringConvertible {
  /// What it is and what to do: `is a git-lfs pointer, not the file; …`.
  public var description: String {
    switch self {
    case .lfsPointer(let byteCount):
      "is a git-lfs pointer, not the file" + (byteCount.map { " of \($0) bytes" } ?? "")
        + "; run `git lfs pull`, or download the file again"
    case .webPage: "is a web page, not the file; download the file again, signed in if the repository asks for it"
    case .refusal(let answer):
      "is a server's answer (\"\(answer)\"), not the file; download the file again, signed in if the repository asks "
        + "for it"
    }
  }
}
