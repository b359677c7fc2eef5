// Shares of a check: together they are the whole, each tensor in one of them.
import JSON
import Skyq
import Storage
import Testing

@Suite struct CheckSubsetTests {
  @Test(arguments: ["0/3", "4/3", "1/0", "1", "1/2/3", "a/b", "/2", "-1/2", "0%", "101%", "%", "nan%", "-5%", "1%%"])
  func `what is no share is refused`(text: String) { #expect(SkyqCheckSubset(text) == nil) }

  @Test func `every tensor is in exactly one share, sections in all`() throws {
    let plain = Vectors.cases.filter { $0.isValid && $0.json["edits"] == nil && $0.json["size"] == nil }
    let files = try plain.map { try SkyqFile(path: Vectors.directory + (try #require($0.json["file"]?.stringValue))) }
    let file = try #require(files.max { $0.tensors.count < $1.tensors.count })
    let items = file.checkItems(.full)
    let tensors = items.filter(\.isTensor)
    #expect(tensors.count >= 2)
    let shares = try (1...3).map { part in
      file.checkItems(.full, subset: try #require(SkyqCheckSubset("\(part)/3")))
    }
    #expect(shares.flatMap { $0.filter(\.isTensor) }.count == tensors.count)
    #expect(Set(shares.flatMap(\.self)) == Set(items))
    for share in shares { #expect(share.count { !$0.isTensor } == items.count { !$0.isTensor }) }
  }
}

extension CheckSubsetTests {
  @Test func `a percentage is so many tensors, rounded up, in file order`() throws {
    let plain = Vectors.cases.filter { $0.isValid && $0.json["edits"] == nil && $0.json["size"] == nil }
    let files = try plain.map { try SkyqFile(path: Vectors.directory + (try #require($0.json["file"]?.stringValue))) }
    let file = try #require(files.max { $0.tensors.count < $1.tensors.count })
    func tensors(_ text: String) throws -> [SkyqCheckItem] {
      file.checkItems(.quick, subset: try #require(SkyqCheckSubset(text))).filter(\.isTensor)
    }
    let all = try tensors("1/1")
    #expect(try tensors("100%") == all)
    #expect(try tensors("0.0001%").count == 1)
    let half = try tensors("50%")
    #expect(half.count == (all.count + 1) / 2)
    #expect(half == all.filter(Set(half).contains))
  }
}

extension SkyqCheckItem {
  fileprivate var isTensor: Bool { if case .tensor = self { true } else { false } }
}
