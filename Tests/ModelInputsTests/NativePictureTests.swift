// Pictures of the native layout by preprocessor_config.json, against transformers' GotOcr2ImageProcessor
// (Scripts/golden/native_pictures.py).
import Foundation
import ImageProcessing
import JSON
import ModelConfig
import ModelInputs
import SampleModel
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct NativePictureTests {
  private let folder: TemporaryDirectory
  private let config: ModelConfig

  /// The sample's tokenizer with a config of the native layout and tiles of 56 pixels.
  init() throws {
    folder = try TemporaryDirectory()
    let sample = try DirectoryFiles(path: try SampleModel().modelDirectory)
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      try folder.write(try #require(try sample.bytes(of: name)), to: name)
    }
    let bytes = try #require(try sample.bytes(of: "config.json"))
    let text = try #require(try JSONValue(parsing: bytes)["llm_config"])
    config = try ModelConfig(
      document: [
        "model_type": "internvl", "architectures": ["InternVLForConditionalGeneration"],
        "downsample_ratio": .double(0.5),
        "text_config": text, "tie_word_embeddings": false,
        "vision_config": [
          "hidden_size": 64, "intermediate_size": 64, "num_attention_heads": 4, "num_hidden_layers": 1,
          "image_size": [56, 56], "patch_size": [14, 14],
        ],
      ])
  }

  private func builder(_ settings: JSONValue?, file: String = "preprocessor_config.json") throws -> InputBuilder {
    if let settings { try folder.write(try settings.serialized(.compact), to: file) }
    return try InputBuilder(files: try DirectoryFiles(path: folder.path), config: config)
  }

  private func input(_ picture: String, _ builder: InputBuilder) throws -> ModelInput {
    let path = try SampleModel().directory + "/" + picture
    return try builder.input(for: Question(images: [path], text: "?"), includesAnswer: false) {
      Array(try Data(contentsOf: URL(fileURLWithPath: $0)))
    }
  }

  @Test func `tiles and values are those of transformers`() throws {
    let path = Bundle.module.bundlePath + "/Resources/native-pictures.json"
    let golden = try JSONValue(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    let names = try #require(golden["pictures"]?.arrayValue).compactMap(\.stringValue)
    let cases = try #require(golden["cases"]?.arrayValue)
    try #require(cases.count == 9 && names.count == 3)
    for test in cases {
      let builder = try builder(test["settings"])
      for (name, expected) in zip(names, try #require(test["pictures"]?.arrayValue)) {
        let input = try input(name, builder)
        let tiles = try #require(expected["tiles"]?.intValue)
        #expect(input.tileCounts == [tiles], "\(test): \(name)")
        // 16 patches of a tile fold into 4 tokens.
        #expect(input.renderedPrompt.ranges(of: "<IMG_CONTEXT>").count == 4 * tiles)
        let pixels = try #require(input.pixels).values.values
        let values = try #require(expected["values"]?.arrayValue).compactMap(\.doubleValue)
        try #require(values.count == (pixels.count + 1996) / 1997)
        for (index, value) in values.enumerated() {
          #expect(abs(Double(pixels[index * 1997]) - value) < 1e-5, "\(test): \(name), \(index)")
        }
      }
    }
  }

  @Test func `without the file config json decides, and what stands in processor_config comes first`() throws {
    #expect(try builder(nil).pictures?.maxTiles == 12)
    _ = try builder(["max_patches": 3])
    let nested = try builder(["image_processor": ["max_patches": 5]], file: "processor_config.json")
    #expect(nested.pictures?.maxTiles == 5)
    let plain = try builder(["processor_class": "InternVLProcessor"], file: "processor_config.json")
    #expect(plain.pictures?.maxTiles == 3)
  }

  @Test func `what the file says and nobody does is told`() throws {
    let whole = try builder(["crop_to_patches": false, "processor_class": "InternVLProcessor"])
    #expect(whole.pictures?.usesDynamicTiling == true)
    #expect(whole.pictures?.note?.hasPrefix("preprocessor_config.json: crop_to_patches is false, but ") == true)
    let other = try builder(["image_processor_type": "CLIPImageProcessor", "max_patches": 3])
    #expect(other.pictures?.maxTiles == 12)
    #expect(other.pictures?.note?.contains("image_processor_type 'CLIPImageProcessor' is not computed here") == true)
    #expect(try builder(["image_processor_type": "GotOcr2ImageProcessorFast", "max_patches": 3]).pictures?.note == nil)
  }

  @Test(arguments: [
    (#"{"size": {"height": 448, "width": 448}}"#, "'size': expected height and width 56"),
    (#"{"size": {"shortest_edge": 56}}"#, "'size': expected"), (#"{"max_patches": 0}"#, "'max_patches': expected an"),
    (#"{"min_patches": 4, "max_patches": 2}"#, "'max_patches': expected an integer from 4 to 256"),
    (#"{"image_mean": [0.5]}"#, "'image_mean': expected three numbers"),
    (#"{"image_std": [0.5, 0, 0.5]}"#, "'image_std': expected three numbers"),
    (#"{"resample": 2}"#, "'resample': expected 3, bicubic"), (#"{"do_resize": false}"#, "'do_resize': expected true"),
    (#"{"rescale_factor": 0}"#, "'rescale_factor': expected a positive number"), ("[]", "expected an object"),
    ("{", "preprocessor_config.json: "),
  ])
  func `values that are not computed here are refused with file and key`(text: String, words: String) throws {
    try folder.write(text, to: "preprocessor_config.json")
    let error = #expect(throws: ModelInputError.self) { _ = try builder(nil) }
    #expect(error?.description.hasPrefix("preprocessor_config.json: ") == true)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}
