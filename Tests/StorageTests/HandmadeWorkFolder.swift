// Work folders as killed runs leave them, made by the description of their format alone.
import Foundation
import Storage
import TestSupport

enum HandmadeWorkFolder {
  /// The file `run` of a run that is over.
  static func marker(pid: Int = 4711, since: Int = 1_764_149_400, id: String = "5f0c9a7be1d24c88") -> String {
    let number = String(pid)
    let padded = String(repeating: " ", count: 10 - number.count) + number
    let head = "skyquant-work 1\nrun \(id)\npid \(padded)\nsince \(since)\n"
    return head + "sha256 \(SHA256Hasher.hash(Array(head.utf8)))\n"
  }

  /// Makes `NAME.skyquant-work` with a marker and these files.
  static func make(for name: String, in directory: TemporaryDirectory, _ files: [String: String] = [:]) throws {
    try directory.write(marker(), to: name + ".skyquant-work/run")
    for (file, text) in files { try directory.write(text, to: "\(name).skyquant-work/\(file)") }
  }

  /// A name that a work folder of `name` has for a moment.
  static func temporaryName(for name: String, random: String = "0badcafe") -> String {
    let proof = SHA256Hasher.hash(Array("\(name).skyquant-work \(random)".utf8)).description.prefix(8)
    return "\(name).skyquant-work.\(random)\(proof)"
  }
}
