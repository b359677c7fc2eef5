// Values that outlive the run that found them.
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct PreparedValuesTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("out")
  }

  private var file: URL { URL(fileURLWithPath: path + ".skyquant-work/prepared") }
  private func key(_ name: String) -> SHA256Digest { SHA256Hasher.hash(Array(name.utf8)) }

  /// A run that leaves these values under their own texts.
  private func leave(_ texts: [String]) throws {
    let folder = try WorkFolder(for: path, making: .directory)
    let values = try folder.preparedPlace.make()
    for text in texts {
      let bytes = Array(text.utf8)
      try values.add(unsafe bytes.span.bytes, for: key(text))
    }
    try values.synchronize()
  }

  /// What the next run finds of them.
  private func found(_ texts: [String]) throws -> [String?] {
    let folder = try WorkFolder(for: path, making: .directory, resuming: true)
    let (isResumed, hasState) = (folder.isResumed, folder.hasState)
    #expect(isResumed && !hasState)
    guard let values = try folder.preparedPlace.left() else { return [] }
    return try texts.map { try values.value(key($0)).map { String(decoding: $0, as: UTF8.self) } }
  }

  @Test func `values are found again, an empty one too, and more can be added`() throws {
    try leave(["one", "", "three"])
    #expect(try found(["one", "", "three", "four"]) == ["one", "", "three", nil])
    do {
      let folder = try WorkFolder(for: path, making: .directory, resuming: true)
      let values = try #require(try folder.preparedPlace.left())
      let bytes = Array("four".utf8)
      try values.add(unsafe bytes.span.bytes, for: key("four"))
      #expect(values.contains(key("four")) && !values.contains(key("five")))
    }
    #expect(try found(["three", "four"]) == ["three", "four"])
  }

  @Test func `a file that ends anywhere is good up to its last whole value`() throws {
    try leave(["one", "two"])
    let whole = try Data(contentsOf: file)
    #expect(whole.count == 16 + 2 * (48 + 3))
    for size in 0..<whole.count {
      try whole.prefix(size).write(to: file)
      let expected: [String?] = [size >= 67 ? "one" : nil, nil]
      #expect(try found(["one", "two"]) == expected, "\(size)")
    }
  }

  @Test func `a flipped bit ends what is good`() throws {
    try leave(["one", "two"])
    let whole = try Data(contentsOf: file)
    for position in whole.indices {
      var flipped = whole
      flipped[position] ^= 1 << UInt8(position % 8)
      try flipped.write(to: file)
      let values = try found(["one", "two"])
      #expect(values == [position < 67 ? nil : "one", nil], "\(position)")
    }
  }

  @Test func `who does not go on is told that there is something, and a folder that is started anew keeps it`() throws {
    try leave(["one"])
    #expect(throws: StorageError.unfinished(path: path)) { _ = try WorkFolder(for: path, making: .directory) }
    #expect(throws: StorageError.unfinished(path: path)) {
      _ = try WorkFolder(for: path, making: .file, resuming: true)
    }
    do {
      var folder = try WorkFolder(for: path, making: .directory, resuming: true)
      try folder.restart()
      let isResumed = folder.isResumed
      #expect(!isResumed)
    }
    #expect(try found(["one"]) == ["one"])
    do { _ = try WorkFolder(for: path, making: .directory, overwriting: true) }
    #expect(!FileManager.default.fileExists(atPath: path + ".skyquant-work"))
  }
}
