// Everything about a directory that a program could have changed.
import Foundation

/// Names, kinds, contents, inodes, modes and times of all that lies below a directory.
public struct DirectorySnapshot: Equatable, CustomStringConvertible {
  private struct Entry: Equatable {
    let content: Data?
    let target: String?
    let inode: UInt64
    let mode: UInt32
    let modified: Date?
    let links: UInt64
  }

  private let entries: [String: Entry]

  /// Looks at everything below `path`; links are not followed, FIFOs not opened.
  public init(_ path: String) throws {
    let files = FileManager.default
    var entries: [String: Entry] = [:]
    for name in try files.subpathsOfDirectory(atPath: path) {
      let place = path + "/" + name
      let attributes = try files.attributesOfItem(atPath: place)
      let kind = attributes[.type] as? FileAttributeType
      entries[name] = Entry(
        content: kind == .typeRegular ? try Data(contentsOf: URL(fileURLWithPath: place)) : nil,
        target: kind == .typeSymbolicLink ? try files.destinationOfSymbolicLink(atPath: place) : nil,
        inode: (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0,
        mode: (attributes[.posixPermissions] as? NSNumber)?.uint32Value ?? 0,
        modified: attributes[.modificationDate] as? Date,
        links: kind == .typeDirectory ? 0 : (attributes[.referenceCount] as? NSNumber)?.uint64Value ?? 0)
    }
    self.entries = entries
  }

  /// The names.
  public var description: String { entries.keys.sorted().joined(separator: " ") }
}

/// Whether two directories hold the same files, byte for byte.
public func haveSameFiles(_ first: String, _ second: String) throws -> Bool {
  let names = try FileManager.default.contentsOfDirectory(atPath: first).sorted()
  return try names == FileManager.default.contentsOfDirectory(atPath: second).sorted()
    && names.allSatisfy { FileManager.default.contentsEqual(atPath: first + "/" + $0, andPath: second + "/" + $0) }
}
