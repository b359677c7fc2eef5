// What `pack` and `import` tell.
import Basics
import JSON
import Skyq

extension PackingOptions {
  /// Prints what was written.
  func print(_ header: SkyqHeader, schema: String, proof: [String] = []) throws {
    try output.print([
      "schema": .string(schema), "file": .string(out), "bytes": .integer(header.fileSize),
      "content_id": .string(header.contentID),
    ]) {
      ["wrote \(out.displayed): \(header.fileSize) bytes, content \(header.contentID)"] + proof
        + ["next: skyquant inspect \(out.displayed)"]
    }
  }
}
