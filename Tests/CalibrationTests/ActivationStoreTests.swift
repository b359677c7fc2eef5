// What waits of the samples comes back as it was, from memory and from a scratch file.
import Calibration
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct ActivationStoreTests {
  private static let tokenCounts = [3, 1, 5]
  private static let hidden = 4

  private func shape(_ propagation: Propagation, keepsEmbeddings: Bool) -> ActivationShape {
    ActivationShape(
      tokenCounts: Self.tokenCounts, hiddenSize: Self.hidden, inputSize: 7, propagation: propagation,
      keepsEmbeddings: keepsEmbeddings)
  }

  private func matrix(_ rows: Int, _ columns: Int, _ generator: inout SeededGenerator) -> Tensor {
    let values = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &generator) }
    return Tensor(shape: [rows, columns], values: values)
  }

  /// Calls `body` with a store in memory, and with one that has just the room it says it needs.
  private func withStores(_ shape: ActivationShape, _ body: (inout ActivationStore) throws -> Void) throws {
    var inMemory = ActivationStore(shape)
    #expect(inMemory.isInMemory)
    try body(&inMemory)
    let directory = try TemporaryDirectory()
    let folder = try WorkFolder(for: directory.path("out"), making: .directory)
    var inFile = ActivationStore(shape, scratch: try folder.makeScratch(capacity: shape.floatCount))
    #expect(!inFile.isInMemory)
    try body(&inFile)
  }

  @Test(arguments: Propagation.allCases, [false, true])
  func `what was written last comes back from each place`(propagation: Propagation, keepsEmbeddings: Bool) throws {
    let shape = shape(propagation, keepsEmbeddings: keepsEmbeddings)
    #expect(shape.floatCount == 9 * ((keepsEmbeddings ? 4 : 0) + (propagation == .quantized ? 2 : 1) * 11))
    try withStores(shape) { store in
      var generator = SeededGenerator(seed: 3)
      var expected: [ActivationStore.Slot: [[Tensor]]] = [:]
      let slots = shape.streams.flatMap { [ActivationStore.Slot.residual($0), .input($0)] }
      // Inputs of full width, cut in two, and narrower ones in their place.
      for widths in [[7], [3, 4], [2]] {
        for slot in slots {
          var isInput = false
          if case .input = slot { isInput = true }
          expected[slot] = Self.tokenCounts.map { count in
            (isInput ? widths : [Self.hidden]).map { matrix(count, $0, &generator) }
          }
          for (sample, parts) in expected[slot, default: []].enumerated() {
            try store.write(parts, to: slot, of: sample)
          }
        }
        for slot in slots {
          for (sample, parts) in expected[slot, default: []].enumerated() {
            #expect(try store.readParts(slot, of: sample) == parts)
            for part in parts.indices { #expect(try store.read(slot, of: sample, part: part) == parts[part]) }
          }
        }
      }
    }
  }

  @Test(arguments: Propagation.allCases)
  func `all streams begin with the embeddings, again and again if these are kept`(propagation: Propagation) throws {
    for keepsEmbeddings in [false, true] {
      let shape = shape(propagation, keepsEmbeddings: keepsEmbeddings)
      try withStores(shape) { store in
        var generator = SeededGenerator(seed: 4)
        let embeddings = Self.tokenCounts.map { matrix($0, Self.hidden, &generator) }
        for (sample, embeddings) in embeddings.enumerated() { try store.setEmbeddings(embeddings, of: sample) }
        for _ in 0..<(keepsEmbeddings ? 2 : 1) {
          try store.begin()
          for stream in shape.streams {
            for sample in embeddings.indices {
              #expect(try store.residual(stream, of: sample) == embeddings[sample])
              try store.setResidual(matrix(Self.tokenCounts[sample], Self.hidden, &generator), stream, of: sample)
            }
          }
        }
      }
    }
  }
}
