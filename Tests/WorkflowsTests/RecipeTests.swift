// A recipe is recorded whole, read back, and run again to the same bytes.
import Foundation
import Calibration
import JSON
import LayerSearch
import ModelFiles
import ModelInputs
import Quantization
import Reports
import SampleModel
import TestSupport
import Testing
import Verification
import Workflows

@Suite struct RecipeTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  /// The line about a recipe that cannot be read; nil if it can.
  private func refusal(of text: String) throws -> String? {
    let document = try JSONValue(parsing: text)
    do throws(RecipeFileError) {
      _ = try RecordedRecipe(document, path: "r.json")
      return nil
    } catch {
      return error.description
    }
  }

  private func record(_ directory: String) throws -> JSONValue {
    try JSONValue(parsing: [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/skyquant.json"))))
  }

  @Test func `a key that no recipe has is an error with the nearest name`() throws {
    for (key, nearest) in [
      ("dampng", "damping"), ("group-size", "group_size"), ("skipp", "skip"), ("held_out_evry", "held_out_every"),
      ("keep_16_bit", "keep_16bit"), ("Method", "method"),
    ] {
      #expect(
        try refusal(of: "{\"\(key)\": 1}") == "r.json: no setting is called '\(key)'; the nearest is '\(nearest)'")
    }
  }

  @Test func `a value of a wrong type is an error that names its key and what was found`() throws {
    for (text, words) in [
      (#"{"damping": "much"}"#, #"'damping': expected a number, found "much""#),
      (#"{"group_size": 64.5}"#, "'group_size': expected a whole number from 0 to 1048576, found 64.5"),
      (#"{"scheme": "int6"}"#, #"'scheme': expected one of int4, int4-sym, int8, found "int6""#),
      (
        #"{"rules": [{"pattern": "x", "scheme": "int6"}]}"#,
        #"'rules': expected a list of {"pattern": …, "scheme": …} with one of int4, int4-sym, int8, 16bit, found a list"#
      ),
      (#"{"raise_to": ["int8", "int4"]}"#, "'raise_to': expected a list of one or more of int8, 16bit, found a list"),
      (#"{"raise_to": []}"#, "'raise_to': expected a list of one or more of int8, 16bit, found a list"),
      (#"{"target_bpw": 33}"#, "'target_bpw': must be above 0 and at most 32"),
      (#"{"group_size": "64"}"#, #"'group_size': expected a whole number from 0 to 1048576, found "64""#),
      (#"{"method": "bset"}"#, #"'method': expected one of rtn, awq-compat, awq, awq+gptq, best, found "bset""#),
      (#"{"include": "*"}"#, #"'include': expected a list of strings, found "*""#),
      (#"{"skip": ["a", 1]}"#, "'skip': expected a list of strings, found a list"),
      (#"{"skip": ["\u0000x"]}"#, "'skip': expected strings without U+0000, found a list"),
      (#"{"think": 1}"#, "'think': expected true or false, found 1"),
      (#"{"system": true}"#, "'system': expected a string, found true"),
      (
        #"{"token_weights": "1,2"}"#,
        #"'token_weights': expected "uniform" or "IMAGE,PROMPT,ANSWER" shares, found "1,2""#
      ),
      (#"{"samples": 0}"#, "'samples': expected a whole number from 1 to 9007199254740992, found 0"),
      (#"{"resolved": []}"#, "'resolved': expected an object, found a list"),
      (#"{"schema": "skyquant.verify/1"}"#, #"'schema': expected "skyquant.recipe/1", found "skyquant.verify/1""#),
      (#"{"group_size": 48}"#, "'group_size': must be 32, 64 or 128"),
      (#"{"correction_damping": 0}"#, "'correction_damping': must be above 0 and at most 100"),
      ("[]", "expected an object with the settings of a recipe"),
      (#"{"schema": "skyquant.quantize/1"}"#, "holds no recipe: an older skyquant or another program made the model"),
    ] {
      #expect(try refusal(of: text) == "r.json: " + words)
    }
  }

  @Test func `an empty recipe is the defaults, and null leaves a choice to the method`() throws {
    let empty = try RecordedRecipe(["propagate": nil, "samples": nil], path: "r.json")
    #expect(empty == RecordedRecipe())
    #expect(empty.recipe == Recipe())
  }

  @Test func `what was recorded is read back as it was given, and run again to the same bytes`() throws {
    var run = QuantizationRun(
      model: sample.modelDirectory, samples: .questions(sample.calibrationQuestions), output: folder.path("first"))
    run.recipe.samples.limit = 6
    run.recipe.method = .awq
    run.recipe.codes = .int4Symmetric
    run.recipe.groupSize = 64
    run.recipe.damping = 0.35
    run.recipe.correctionDamping = 0.1
    run.recipe.widestGram = 128
    run.recipe.heldOutEvery = 3
    run.recipe.skip = [NamePattern("*.0.mlp.down_proj")]
    run.recipe.tokenWeighting = .shares([0.1, 1, 2.5])
    run.recipe.omitted = [.residual]
    run.recipe.targetBitsPerWeight = 5.125
    run.recipe.raisedForms = [.int8, .sixteenBit]
    run.recipe.prompt.system = "Be brief — ü."
    run.recipe.prompt.thinks = false
    _ = try run.run()
    var recorded = try RecordedRecipe(path: run.output + "/skyquant.json")
    recorded.recipe.samples.origin = run.recipe.samples.origin
    #expect(recorded.recipe == run.recipe && recorded.version == Version.current)
    let calibration = try #require(recorded.calibration)
    #expect(calibration.name == "questions.jsonl" && calibration.samples.count == 6)

    var again = QuantizationRun(model: run.model, output: folder.path("second"), recipe: recorded.recipe)
    again.repeated = recorded
    _ = try again.run { event in
      if case .warning(let text) = event { #expect(text.contains("tokens are few to calibrate on"), "\(text)") }
    }
    #expect(try haveSameFiles(run.output, again.output))
  }

  @Test func `the record tells what the method and the model chose, and digests that the files have`() throws {
    var run = QuantizationRun(
      model: sample.modelDirectory, samples: .questions(sample.calibrationQuestions), output: folder.path("out"))
    run.recipe.samples.limit = 4
    run.recipe.method = .awqCompat
    let report = try run.run()
    let record = try record(run.output)
    #expect(record["recipe"]?["propagate"] == JSONValue.null && record["recipe"]?["token_weights"] == JSONValue.null)
    let resolved = try #require(record["recipe"]?["resolved"])
    #expect(resolved["propagate"] == "float" && resolved["token_weights"] == "uniform")
    #expect(resolved["linears"]?.arrayValue?.count == 28 && resolved["tiling"]?["tile_size"]?.intValue != nil)
    let samples = try #require(record["calibration"]?["samples"]?.arrayValue)
    let counts = samples.compactMap { $0["tokens"]?.objectValue?.members.compactMap(\.value.intValue).reduce(0, +) }
    #expect(samples.count == 4 && counts.reduce(0, +) == report.tokenCount)
    let files = try #require(record["calibration"]?["files"]?.arrayValue)
    let directory = URL(fileURLWithPath: sample.calibrationQuestions).deletingLastPathComponent()
    #expect(files.count > 1)
    for file in files {
      let name = try #require(file["name"]?.stringValue)
      let bytes = try Data(contentsOf: directory.appendingPathComponent(name))
      #expect(file["bytes"]?.intValue == bytes.count, "\(name)")
    }
  }

  @Test func `a run whose calibration file is not the recorded one says so`() throws {
    var run = QuantizationRun(
      model: sample.modelDirectory, samples: .text(folder.path("a.txt")), output: folder.path("a"))
    run.recipe.samples.window = 16
    run.recipe.method = .awq
    let text = String(repeating: "What is the sum of the two digits? ", count: 20)
    try folder.write(text, to: "a.txt")
    _ = try run.run()
    run.repeated = try RecordedRecipe(path: run.output + "/skyquant.json")
    run.output = folder.path("b")
    try folder.write(text + "More of it.", to: "a.txt")
    var warnings: [String] = []
    _ = try run.run { if case .warning(let text) = $0 { warnings.append(text) } }
    #expect(
      warnings.prefix(1) == ["calibration file 'a.txt' is not the one that the recipe was run with: bytes will differ"])
  }

  @Test func `a packed model holds recipe, calibration and linears of the checkpoint, and they are read back`() throws {
    var run = QuantizationRun(
      model: sample.modelDirectory, samples: .questions(sample.calibrationQuestions), output: folder.path("awq"))
    run.recipe.samples.limit = 4
    run.recipe.method = .awq
    run.recipe.damping = 0.7
    _ = try run.run()
    let packing = PackingRun(model: run.output, output: folder.path("x.skyq"))
    _ = try packing.run()
    let packed = try ModelProvenance(ModelFile.open(packing.output))
    let directory = try ModelProvenance(ModelFile.open(run.output))
    #expect(packed.packing?["sources"]?.arrayValue?.compactMap { $0["name"] } == ["model.safetensors"])
    #expect(packed.recipe?["damping"] == "0.7" && directory.recipe?["damping"] == .double(0.7))
    #expect(packed.linears?.arrayValue?.count == 28 && directory.linears?.arrayValue?.count == 28)
    // Members are sorted there, which changes no value.
    #expect(try packed.calibration?.serialized(.canonical) == directory.calibration?.serialized(.canonical))
    var recorded = try RecordedRecipe(
      ["schema": "skyquant.provenance/1", "recipe": try #require(packed.recipe)], path: "x.skyq")
    recorded.recipe.samples.origin = run.recipe.samples.origin
    #expect(recorded.recipe == run.recipe)
  }

  @Test func `a report of a verification is packed along under its name, without places of this machine`() throws {
    var rounding = QuantizationRun(
      model: sample.modelDirectory, samples: SampleSource(), output: folder.path("rtn"))
    rounding.recipe.method = .rtn
    _ = try rounding.run()
    let verification = VerificationRun(
      quantized: rounding.output, reference: sample.modelDirectory,
      samples: SampleSource(.questions(path: sample.evaluationQuestions), limit: 1))
    let report = try verification.run().reports[0].json
    try folder.write(try report.serialized(), to: "verify.json")
    try folder.write("{}", to: "other.json")
    var packing = PackingRun(model: sample.modelDirectory, output: folder.path("x.skyq"))
    packing.evaluations = [folder.path("other.json")]
    #expect(throws: WorkflowError.self) { try packing.run() }
    #expect(try folder.names() == ["other.json", "rtn", "verify.json"])
    packing.evaluations = [folder.path("verify.json")]
    _ = try packing.run()
    let packed = try ModelProvenance(ModelFile.open(packing.output))
    #expect(packed.evaluations.keys == ["verify.json"] && packed.recipe == nil)
    let stored = try #require(packed.evaluations["verify.json"])
    #expect(stored["reference"] == "tiny-r1v" && stored["samples"] == 1)
    let mean = try #require(report["all"]?["same_top1"]?["mean"]?.doubleValue)
    #expect(stored["all"]?["same_top1"]?["mean"]?.stringValue.flatMap(Double.init) == mean)
  }

  @Test func `weights in the Hugging Face cache are recorded by their names in the checkpoint`() throws {
    let snapshot = folder.path("snapshots/main"), blob = String(repeating: "0a", count: 32)
    for name in ["blobs", "snapshots"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: snapshot)
    let shard = snapshot + "/model-00002-of-00003.safetensors"
    try FileManager.default.moveItem(atPath: shard, toPath: folder.path("blobs/" + blob))
    try FileManager.default.createSymbolicLink(atPath: shard, withDestinationPath: "../../blobs/" + blob)
    let names = try ModelFile.open(snapshot).audited().digests.map(\.name)
    #expect(names == (1...3).map { "model-0000\($0)-of-00003.safetensors" })
  }
}
