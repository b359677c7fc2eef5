// Prompts, token ids, tiles and pixel values of whole questions against PyTorch's goldens
// (Tests/ReferenceModelTests/Resources/README.md says where they come from).
import Foundation
import ImageProcessing
import ModelFiles
import ModelInputs
import Safetensors
import SampleModel
import Storage
import Tensors
import Testing

@Suite struct GoldenInputTests {
  private static let resources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("ReferenceModelTests/Resources").path

  @Test(arguments: [("tiny-r1v", 0), ("tiny-r1v", 1), ("tiny-r1v", 4), ("random-vit300m", 2), ("random-vit300m", 5)])
  func aQuestionBecomesTheGoldensIdsAndPixels(name: String, line: Int) throws {
    let sample = try SampleModel()
    let path = name == "tiny-r1v" ? sample.modelDirectory : Self.resources + "/" + name
    let file = try ModelFile.open(path)
    // Both models have the bundled model's tokenizer.
    let files = try DirectoryFiles(path: sample.modelDirectory)
    let builder = try InputBuilder(files: files, config: file.config)
    let questions = try Question.parse(
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: sample.evaluationQuestions))), file: "questions.jsonl")
    let input = try builder.input(for: questions[line], includesAnswer: false) { image in
      try readFile(sample.directory + "/evaluation/" + image, limit: 1 << 20)
    }
    let golden = try SafetensorsFile(path: Self.resources + "/goldens/\(name).\(line).safetensors")
    func bytes(_ tensor: String) throws -> [UInt8] {
      try golden.tensor(tensor).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
    let tiles = try #require(input.pixels)
    #expect(tiles.rgb == (try bytes("tiles_u8")))
    #expect(input.ids.flatMap { Int32($0).littleEndianBytes } == (try bytes("input_ids")))
    let pixels = tiles.values
    #expect(pixels.shape == (try golden.tensor("pixel_values")).info.shape)
    #expect(pixels.values.flatMap(\.bitPattern.littleEndianBytes) == (try bytes("pixel_values")))
  }

  @Test func aFileThatIsNoPictureIsRefused() throws {
    let file = try ModelFile.open(try SampleModel().modelDirectory)
    let builder = try InputBuilder(files: file.files, config: file.config)
    #expect(throws: (any Error).self) {
      try builder.input(for: Question(images: ["a.png"], text: "?"), includesAnswer: false) { _ in [1, 2, 3] }
    }
  }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}
