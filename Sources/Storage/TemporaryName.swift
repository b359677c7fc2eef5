// The names that a work folder has for a moment before it is complete and after it is done with:
// NAME.skyquant-work.ID. What is killed in that moment is found by its name, and swept away by the next run
// of the same output.
import Glibc

enum TemporaryName {
  /// Eight random digits, and eight that prove that the name is one of ours.
  private static let digitCount = 16

  /// A name beside `output` that nothing has, as far as chance goes.
  static func make(for output: OutputPath) -> String {
    let random = hexadecimal(UInt64(UInt32.random(in: 0 ... .max)), digits: digitCount / 2)
    return output.work + "." + random + proof(of: random, Substring(output.name + OutputPath.workSuffix))
  }

  /// Whether `name`, without a directory, is such a name.
  static func isOne(_ name: Substring) -> Bool {
    let digits = name.suffix(digitCount)
    let folder = name.dropLast(digitCount + 1)
    guard digits.count == digitCount, name.dropLast(digitCount).hasSuffix("."), folder.hasSuffix(OutputPath.workSuffix)
    else { return false }
    return proof(of: String(digits.prefix(digitCount / 2)), folder) == digits.suffix(digitCount / 2)
  }

  private static func proof(of random: String, _ folder: Substring) -> String {
    String(SHA256Hasher.hash(Array("\(folder) \(random)".utf8)).description.prefix(digitCount / 2))
  }

  /// Removes the folders that killed runs of `output` have left under such names. One that is in use stays:
  /// its lock is held, or it is empty and whoever makes it tries again.
  static func sweep(_ output: OutputPath) {
    guard let parent = try? FileDescriptor(reading: output.parent, flags: O_DIRECTORY),
      let entries = try? parent.entries()
    else { return }
    let directory = String(output.final.dropLast(output.name.count))
    for case let name? in entries.map(\.name)
    where name.hasPrefix(output.name + OutputPath.workSuffix + ".") && isOne(name[...]) {
      let path = directory + name
      guard OutputPath.status(path)?.isDirectory == true, unsafe rmdir(path) != 0 else { continue }
      try? WorkFolder.removeAbandoned(path)
    }
  }
}
