// Prompts and pictures that do not fit the model.
import JSON
import ModelConfig
import ReferenceModel
import Tensors
import Testing

@Suite struct InputTests {
  let golden: Golden
  var model: VisionLanguageModel { golden.model }

  init() throws { golden = try Golden("random-vit300m.2") }

  @Test(arguments: [-1, 512])
  func `an id outside the embedding table is an error`(id: Int) {
    #expect(throws: ReferenceModelError.tokenOutOfRange(id: id, vocabularySize: 512)) {
      try model.language.embed([0, id])
    }
  }

  @Test func `a prompt with more or fewer image context tokens than the tiles give is an error`() {
    let tokens = Tensor(zeros: [2, 128])
    for ids in [[7, 455], [455, 455, 455], [7]] {
      let count = ids.count { $0 == 455 }
      #expect(throws: ReferenceModelError.imageTokenCount(inPrompt: count, fromTiles: 2)) {
        try model.embed(ids: ids, imageContextToken: 455, imageTokens: tokens)
      }
    }
  }

  @Test func `image tokens replace exactly the rows of the image context token, in order`() throws {
    let tokens = Tensor(shape: [2, 128], values: (0..<256).map(Float.init))
    let embedded = try model.embed(ids: [455, 9, 455], imageContextToken: 455, imageTokens: tokens)
    #expect(embedded.rows(0..<1).values == tokens.rows(0..<1).values)
    #expect(embedded.rows(1..<2) == (try model.language.embed([9])))
    #expect(embedded.rows(2..<3).values == tokens.rows(1..<2).values)
  }

  @Test func `pixels of another tile size are an error`() {
    #expect(
      throws: ReferenceModelError.pixelShape(expected: "[tiles, 3, 56, 56]", found: "[1, 3, 28, 28]")
    ) {
      try model.projectTiles(Tensor(zeros: [1, 3, 28, 28]))
    }
  }

  @Test func `an empty prompt has no next token`() {
    let generator = TextGenerator(model: model.language, stopTokens: [], maxTokens: 1)
    #expect(throws: ReferenceModelError.emptyPrompt) { try generator.generate(from: Tensor(zeros: [0, 128])) }
  }

  @Test func `a model without lm_head and without tied embeddings is an error`() throws {
    let example = try TransformersCase("llama3-tied", isText: true)
    var document = try #require(readConfig(example.directory + "/config.json").document.objectValue)
    document["tie_word_embeddings"] = .bool(false)
    let config = try ModelConfig(document: .object(document))
    #expect(throws: ReferenceModelError.missingOutputHead(tensor: "language_model.lm_head.weight")) {
      try VisionLanguageModel(weights: example.weights, config: config)
    }
  }
}
