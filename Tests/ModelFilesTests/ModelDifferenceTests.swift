// How tensors differ, also where there is nothing to divide by and where values are no numbers.
import Foundation
import ModelFiles
import TestSupport
import Testing

@Suite struct ModelDifferenceTests {
  /// Opens a model whose last tensor, `model.norm.weight`, has these values.
  private func model(_ values: [Float], _ folder: TemporaryDirectory) throws -> ModelFile {
    let path = try TinyLlama.write(into: folder)
    let shard = URL(fileURLWithPath: path + "/model.safetensors")
    var bytes = try Data(contentsOf: shard)
    let tail = unsafe values.withUnsafeBytes { unsafe Data($0) }
    bytes.replaceSubrange((bytes.count - tail.count)..., with: tail)
    try bytes.write(to: shard)
    return try ModelFile.open(path)
  }

  /// How the norm of two models differs that are the same in everything else.
  private func difference(_ first: [Float], _ second: [Float]) throws -> TensorDifference.Kind? {
    let folders = (try TemporaryDirectory(), try TemporaryDirectory())
    let found = try ModelDifference(try model(first, folders.0), try model(second, folders.1)) { _, _ in }
    #expect(found.tensors.count <= 1 && found.tensors.allSatisfy { $0.name == "model.norm.weight" })
    return found.tensors.first?.kind
  }

  private func ones(_ changed: (index: Int, value: Float)...) -> [Float] {
    var values = [Float](repeating: 1, count: 32)
    for (index, value) in changed { values[index] = value }
    return values
  }

  @Test func `the largest and the relative difference are those of the definition`() throws {
    let kind = try difference(ones(), ones((3, 1.5), (7, 0.75)))
    guard case .values(let largest, let relative, nil) = kind else {
      Issue.record("found \(String(describing: kind))")
      return
    }
    #expect(largest == 0.5)
    #expect(abs(try #require(relative) - ((0.25 + 0.0625) / 32).squareRoot()) < 1e-15)
  }

  @Test func `nothing is relative to zeros`() throws {
    let zeros = [Float](repeating: 0, count: 32)
    #expect(try difference(zeros, ones()) == .values(largest: 1, relative: nil, codes: nil))
    #expect(try difference(ones(), zeros) == .values(largest: 1, relative: 1, codes: nil))
    #expect(try difference(zeros, zeros.map { -$0 }) == .encoding)
  }

  @Test func `a value that is no number cannot be compared, except with itself`() throws {
    #expect(try difference(ones((0, .nan)), ones()) == .bits)
    #expect(try difference(ones(), ones((31, .infinity))) == .bits)
    #expect(try difference(ones((0, .nan)), ones((0, .nan))) == nil)
    #expect(
      try difference(ones((0, .nan), (1, 0)), ones((0, .nan), (1, 4)))
        == .values(largest: 4, relative: (16.0 / 30).squareRoot(), codes: nil))
    #expect(
      try difference(ones((0, 3e38), (1, .leastNonzeroMagnitude)), ones((0, -3e38)))
        .map { if case .values = $0 { true } else { false } } == true)
  }
}
