// A directory of models and files of which something is wrong with each.
import Foundation
import SampleModel
import Testing
import TestSupport

struct BrokenScene {
  /// What a user types, without the program's name.
  static let lines = [
    // Slips of the fingers
    "inspekt model", "inspect model --tensor x", "quantize model --calibration questions.jsonl",
    "quantize model --out new --group-size 100", "quantize model --out new", "pack model model.bin",
    "verify model --reference model", "run model",
    // What is not there, or there already
    "inspect nowhere", "inspect empty", "quantize model --method rtn --out existing", "pack model model.skyq",
    "quantize model --calibration questions.jsonl --out new", "extract model.skyq --tensor x --out x.safetensors",
    // Damage
    "inspect truncated", "inspect wrong-dtype", "inspect wrong-json", "quantize missing-tensor --method rtn --out new",
    "check damaged.skyq",
    "export damaged.skyq --out new", "inspect model/config.json",
    "quantize model --calibration lines.jsonl --out new",
    // What is not read or written
    "inspect unknown", "inspect pickled", "export model.skyq --to gguf --out model.gguf",
    "import model new.skyq",
  ]

  let folder: TemporaryDirectory
  /// What lies in it.
  let names: [String]

  init() throws {
    folder = try TemporaryDirectory()
    let files = FileManager.default, sample = try SampleModel().modelDirectory
    let shard = "/model-00002-of-00003.safetensors"
    for name in ["model", "truncated", "wrong-dtype", "wrong-json", "missing-tensor", "unknown", "pickled"] {
      try files.copyItem(atPath: sample, toPath: folder.path(name))
    }
    expectSuccess(try skyquant("pack", sample, folder.path("model.skyq"), "--quiet"))
    try files.copyItem(atPath: folder.path("model.skyq"), toPath: folder.path("damaged.skyq"))
    let damaged = folder.path("damaged.skyq")
    let plane = try #require(try planes(of: "language_model.model.norm.weight", in: damaged).first)
    try flipBit(at: plane.lowerBound, in: damaged)

    try folder.edit("truncated" + shard) { $0.dropLast(100) }
    try folder.replace(#""dtype":"BF16""#, with: #""dtype":"F8_X""#, in: "wrong-dtype" + shard)
    try folder.replace(#""force_image_size": 56,"#, with: #""force_image_size": 56,,"#, in: "wrong-json/config.json")
    for file in ["model.safetensors.index.json", "model-00001-of-00003.safetensors"] {
      try folder.replace(
        "encoder.layers.0.norm1.weight", with: "encoder.layers.0.norm9.weight", in: "missing-tensor/" + file)
    }
    try folder.replace(#""skywork_chat""#, with: #""mystery_chat""#, in: "unknown/config.json")
    for name in try files.contentsOfDirectory(atPath: folder.path("pickled")) where name.contains("safetensors") {
      try files.removeItem(atPath: folder.path("pickled/" + name))
    }
    try folder.write([0x80, 2], to: "pickled/pytorch_model.bin")
    try folder.write("", to: "empty/README.md")
    try folder.write("mine", to: "existing/note")
    try folder.write(#"{"image": "nowhere.png", "question": "a", "answer": "b"}"#, to: "questions.jsonl")
    try folder.write(#"{"question": "a", "answer": "b"}"# + "\n" + #"{"question": 3}"#, to: "lines.jsonl")
    names = try folder.names()
  }
}

extension TemporaryDirectory {
  fileprivate func edit(_ name: String, _ change: (Data) throws -> Data) throws {
    let file = URL(fileURLWithPath: path(name))
    try change(try Data(contentsOf: file)).write(to: file)
  }

  /// Replaces the first `text` of a file.
  fileprivate func replace(_ text: String, with replacement: String, in name: String) throws {
    try edit(name) { data in
      var data = data
      data.replaceSubrange(try #require(data.range(of: Data(text.utf8))), with: Data(replacement.utf8))
      return data
    }
  }
}
