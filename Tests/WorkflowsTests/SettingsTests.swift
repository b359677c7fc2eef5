// What a job refuses, and with which words and category.
import Foundation
import Calibration
import LayerSearch
import SampleModel
import Basics
import TestSupport
import Testing
import Workflows

@Suite struct SettingsTests {
  @Test func `a recipe that nothing can be made of is refused by the name of its setting`() throws {
    func refused(_ change: (inout Recipe) -> Void, samples: SampleSource = .text("x")) -> String? {
      var recipe = Recipe()
      recipe.samples = samples
      change(&recipe)
      do throws(RecipeError) {
        try recipe.requireComplete()
        return nil
      } catch {
        return error.description
      }
    }
    #expect(refused { _ in } == nil)
    #expect(refused { $0.groupSize = 16 } == "--group-size must be 32, 64 or 128")
    for damping in [0, -1, 100.5, .nan, .infinity] {
      #expect(refused { $0.damping = damping } == "--damping must be above 0 and at most 100", "\(damping)")
      #expect(
        refused { $0.correctionDamping = damping } == "--correction-damping must be above 0 and at most 100",
        "\(damping)")
    }
    #expect(refused { $0.widestGram = 31 } == "--widest-gram must be at least 32, the smallest group")
    for every in [1, -1] {
      #expect(refused { $0.heldOutEvery = every } == "--held-out-every must be 0 or above 1", "\(every)")
    }
    for target in [0, -1, 32.5, .nan] {
      #expect(refused { $0.targetBitsPerWeight = target } == "--target-bpw must be above 0 and at most 32", "\(target)")
    }
    #expect(refused { $0.raisedForms = [.int8] } == "--raise-to is of no use without --target-bpw")
    #expect(refused { $0.raisedForms = [] } == "--raise-to must name int8, 16bit or both")
    #expect(
      refused { ($0.targetBitsPerWeight, $0.sixteenBitBytes) = (5, 1) }
        == "--target-bpw is another way to say what --keep-16bit says")
    #expect(
      refused({ ($0.method, $0.targetBitsPerWeight) = (.rtn, 5) }, samples: SampleSource())
        == "--target-bpw needs --calibration FILE or --text FILE to know what matters")
    #expect(
      refused({ _ in }, samples: SampleSource())
        == "--method best needs --calibration FILE or --text FILE; only rtn does not")
    #expect(refused({ $0.method = .rtn }, samples: SampleSource()) == nil)
    #expect(
      refused(
        {
          $0.method = .rtn
          $0.sixteenBitBytes = 1
        }, samples: SampleSource())
        == "--keep-16bit needs --calibration FILE or --text FILE to know what matters")
  }

  @Test func `what a method does not choose is the user's, and the rest is the method's`() {
    var recipe = Recipe()
    #expect(recipe.resolvedPropagation == .quantized && recipe.resolvedTokenWeighting == .shares([1, 1, 1]))
    recipe.method = .awqCompat
    #expect(recipe.resolvedPropagation == .float && recipe.resolvedTokenWeighting == .uniform)
    recipe.propagation = .quantized
    recipe.tokenWeighting = .shares([0, 0, 1])
    #expect(recipe.resolvedPropagation == .quantized && recipe.resolvedTokenWeighting == .shares([0, 0, 1]))
  }

  @Test func `models and settings that do not go together are refused before any output has a name`() throws {
    let folder = try TemporaryDirectory()
    let model = try SampleModel().modelDirectory
    var run = QuantizationRun(model: model, samples: SampleSource(), output: folder.path("awq"))
    run.recipe.method = .rtn
    _ = try run.run()
    func refused(_ change: (inout QuantizationRun) -> Void) throws -> WorkflowError? {
      var other = run
      other.output = folder.path("other")
      change(&other)
      let before = try folder.names()
      defer { #expect((try? folder.names()) == before) }
      do {
        _ = try other.run()
        return nil
      } catch let error as WorkflowError {
        return error
      }
    }
    let twice = try #require(try refused { $0.model = run.output })
    #expect(twice.description == "\(run.output): is quantized already; give the original model")
    #expect(twice.category == .unsupported)
    let split = try #require(try refused { $0.recipe.skip = [NamePattern("layers.1.self_attn.q_proj")] })
    #expect(
      split.description
        == "--include, --skip and --rule split language_model.model.layers.1.self_attn.q_proj, "
        + "language_model.model.layers.1.self_attn.k_proj, language_model.model.layers.1.self_attn.v_proj, "
        + "which loaders fuse; take all or none")
    #expect(split.category == .unsupported)
  }

  @Test func `what a .skyq file does not hold is named`() throws {
    let folder = try TemporaryDirectory()
    let packed = PackingRun(model: try SampleModel().modelDirectory, output: folder.path("x.skyq"))
    _ = try packed.run()
    let extraction = Extraction(model: packed.output)
    #expect(throws: WorkflowError.self) { try extraction.bytes(ofFile: "nothing") }
    let config = try extraction.bytes(ofFile: "config.json")
    #expect(Data(config) == FileManager.default.contents(atPath: try SampleModel().modelDirectory + "/config.json"))
    do {
      _ = try extraction.tensors(["nothing"], into: folder.path("x.safetensors"))
      Issue.record("a tensor that there is not was found")
    } catch let error as WorkflowError {
      #expect(error.category == .missingInput)
      #expect(error.description.hasSuffix("no tensor 'nothing'; `skyquant inspect --tensors` lists them"))
    }
    #expect(try folder.names() == ["x.skyq"])
  }

  @Test func `a pattern without wildcards matches any name that contains it`() {
    let name = "language_model.model.layers.1.mlp.down_proj"
    for pattern in ["layers.1.", "down_proj", "*.down_proj", "*layers.[0-2].*", "*?p.down_proj"] {
      #expect(NamePattern(pattern).matches(name), "\(pattern)")
    }
    for pattern in ["layers.2", "down_proj*x", "*.up_proj", "layers.1.*"] {
      #expect(!NamePattern(pattern).matches(name), "\(pattern)")
    }
  }
}
