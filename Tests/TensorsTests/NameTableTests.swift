// Names by their bytes, held against arrays of bytes that are sorted and searched one by one.
import Tensors
import Testing

@Suite struct NameTableTests {
  private func table(_ names: [String]) -> NameTable {
    var borders: [UInt32] = [0]
    for name in names { borders.append((borders.last ?? 0) + UInt32(name.utf8.count)) }
    return NameTable(names.flatMap { Array($0.utf8) }, borders: borders)
  }

  @Test(arguments: [
    [], ["a"], ["b", "a", "ab", "", "b.c", "é", "z"], ["é", "e\u{301}", "a\u{0}", "a", "\u{10FFFF}", "\u{FFFD}"],
    ["a", "b", "c", "b", "a"], ["x", "x", "x"], ["", ""],
  ])
  func `names are found, ordered and compared by their bytes`(names: [String]) {
    let table = table(names)
    let bytes = names.map { Array($0.utf8) }
    let sorted = bytes.indices.sorted { left, right in
      bytes[left] == bytes[right] ? left < right : bytes[left].lexicographicallyPrecedes(bytes[right])
    }
    #expect(table.order.map(Int.init) == sorted)
    #expect(table.count == names.count)
    #expect(names.indices.map { Array(table[$0].utf8) } == bytes)
    #expect(table.firstRepetition == bytes.indices.first { bytes[..<$0].contains(bytes[$0]) })
    for name in names + ["", "A", "aa", "e", "zz", "\u{E9}", "e\u{301}"] {
      let found = table.position(of: name).map { bytes[$0] }
      #expect(found == (bytes.contains(Array(name.utf8)) ? Array(name.utf8) : nil))
    }
  }
}
