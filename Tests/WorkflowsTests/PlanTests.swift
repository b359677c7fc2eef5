import Calibration
import Foundation
import JSON
import LayerSearch
import ModelConfig
import Quantization
import Reports
import SampleModel
import Storage
import TestSupport
import Testing

@testable import Workflows

@Suite struct PlanTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func run(_ name: String = "out") -> QuantizationRun {
    var run = QuantizationRun(
      model: sample.modelDirectory, samples: .questions(sample.calibrationQuestions), output: folder.path(name))
    run.recipe.method = .rtn
    run.recipe.groupSize = 64
    return run
  }

  @Test func `bytes and samples of a plan are those of the run, and nothing is written`() throws {
    let plan = try run().plan()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let report = try run().run()
    // skyquant.json is written on top.
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).filter { $0 != "skyquant.json" }
    let written = try files.reduce(0) { count, name in
      count + (try Data(contentsOf: URL(fileURLWithPath: folder.path("out/\(name)"))).count)
    }
    #expect(abs(plan.outputByteCount - written) < 8 << 10)
    #expect(plan.tokenCount == report.tokenCount && plan.sampleCount == 64 && plan.tileCount == 124)
    #expect(plan.linears.quantizedCount == 28 && plan.linears.count == 28 && plan.linears.unfit.isEmpty)
    #expect(plan.stages.stages.map(\.kind) == [.prompts, .hashing, .visionTower, .quantizing])
    #expect(plan.stages.stages.allSatisfy { $0.seconds >= 0 && $0.seconds < 600 })
  }

  @Test func `what a run would refuse before the work is refused, and linears that do not fit are named`() throws {
    try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: true)
    #expect(throws: StorageError.exists(path: folder.path("out"))) { try run("out").plan() }
    var job = run("other")
    job.memoryLimit = 1 << 20
    #expect(throws: MemoryShortage.self) { try job.plan() }
    job = run("other")
    job.model = folder.path("nowhere")
    #expect(throws: (any Error).self) { try job.plan() }
  }

  @Test func `rates are found again in times that were made of them`() {
    let rates = [2e-11, 5e-11, 7e-11, 1e-10, 1e-7]
    let works = (0..<12).map { index in
      let x = Double(index)
      return WorkAmount(
        products: 1e9 * (1 + x), sums: 1e9 * (2 + x * x / 10), factors: 1e8 * (x * x * x / 50 + 1),
        feedback: 1e8 * (12 - x), weights: 1e5 * (1 + (x - 6) * (x - 6)))
    }
    let found = WorkRates(works.map { work in (work, zip(rates, work.parts).reduce(0) { $0 + $1.0 * $1.1 }) })
    #expect(found.uncertainty < 0.01)
    for work in works {
      let seconds = zip(rates, work.parts).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(found.seconds(work) / seconds - 1) < 0.02)
    }
  }

  @Test func `the work on a layer is what its loops would count`() throws {
    let config = try ModelConfig(
      document: [
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "intermediate_size": 128,
        "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 8,
      ]
    ).text
    let scheme = try #require(QuantizationScheme(groupSize: 32))
    var options = QuantizationOptions(scheme: scheme, method: .awq, propagation: .quantized)
    let counts = [3, 5]
    let work = LayerWork(config, options, tokenCounts: counts)
    let tokens = 8.0
    var attention = 0.0
    for count in counts { for query in 0..<count { attention += Double(query + 1) * 2 * 64 } }
    #expect(work.sites[1].products == 2 * (tokens * 64 * (64 + 32 + 32) + attention))
    #expect(work.sites[2].products == 2 * tokens * 64 * 64 && work.sites[3].products == 2 * tokens * 64 * 256)
    #expect(work.rest.products == 2 * tokens * 128 * 64 && work.sites[0].products == 0)
    #expect(work.sites[3].sums == 2 * tokens * 128 * 128 && work.sites[3].factors == 128 * 128 * 128)
    #expect(work.sites[0].feedback == (64 + 32 + 32) * 64 * 64 && work.sites[2].weights == 256 * 64)
    options.widestGram = 64
    #expect(LayerWork(config, options, tokenCounts: counts).sites[3].factors == 2 * 64 * 64 * 64)
  }
}
