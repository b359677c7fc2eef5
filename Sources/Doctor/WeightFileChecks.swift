// Whether the files of weights can be read: all of them, not only the first that cannot.
internal import Basics
internal import ModelConfig
internal import Safetensors
internal import Storage
internal import Tensors

/// The checkpoint of a directory, or what keeps it from being one.
struct WeightFileChecks {
  private(set) var checkpoint: SafetensorsCheckpoint?
  private(set) var findings: [Finding] = []

  /// - Throws: `StorageError` if the system fails.
  init(_ files: DirectoryFiles) throws {
    do {
      let found = try SafetensorsCheckpoint(directory: files)
      checkpoint = found
      findings = Self.wrapped(found)
    } catch {
      try requireAboutFiles(error)
      let others = try Self.damagedShards(files)
      findings = others.isEmpty ? [Self.finding(error, in: files.path)] : others
    }
  }

  /// A finding for each safetensors file of `files` that cannot be read.
  private static func damagedShards(_ files: DirectoryFiles) throws -> [Finding] {
    try files.names.filter { $0.hasSuffix(".safetensors") }.compactMap { name in
      do {
        _ = try SafetensorsFile(files.map(name))
        return nil
      } catch {
        try requireAboutFiles(error)
        return finding(error, in: files.path)
      }
    }
  }

  private static func finding(_ error: any Error, in directory: String) -> Finding {
    var text = "\(error)", place = "weights"
    for prefix in [directory.displayed + "/", directory.displayed + ": "] where text.hasPrefix(prefix) {
      text = String(text.dropFirst(prefix.count))
      guard prefix.hasSuffix("/"), let end = text.firstRange(of: ": ") else { continue }
      place = String(text[..<end.lowerBound])
      text = String(text[end.upperBound...])
    }
    let isAbsent = (error as? any CategorizedError)?.category == .missingInput
    return Finding(
      "F101", .error, place, text,
      do: isAbsent ? "complete the download" : "write safetensors shards and an index that fit each other")
  }

  private static func wrapped(_ checkpoint: SafetensorsCheckpoint) -> [Finding] {
    guard let prefix = WrapperPrefix(checkpoint.tensors.lazy.map(\.name)) else { return [] }
    return [
      Finding(
        "L507", .error, checkpoint.tensors[0].name, prefix.explanation + "; no loader looks for such names",
        do: prefix.isAdapter ? "merge, save and quantize again" : "save the wrapped model's own state_dict")
    ]
  }
}
