// A plan for people, and for programs.
import Basics
import JSON
import LayerSearch
import ModelConfig
import Workflows

extension RunPlan {
  /// Seconds of all stages.
  fileprivate var seconds: Double { stages.reduce(0) { $0 + $1.seconds } }

  /// A table of times.
  fileprivate func lines(uncertainty: Double) -> [StyledText] {
    var times = TextTable(columns: [.left, .left])
    for stage in stages { times.add(["\(stage.kind)", Seconds.text(stage.seconds)]) }
    times.add(["all", "\(Seconds.text(seconds)) ± \(Percentage.text(uncertainty))"])
    return times.styledLines.map { "  " + $0 }
  }

  fileprivate var json: JSONValue {
    .array(stages.map { ["name": .string("\($0.kind)"), "seconds": .double($0.seconds)] })
  }
}

extension QuantizationPlan {
  /// One fact a line, then a table of times.
  func lines(_ job: QuantizationRun) -> [StyledText] {
    var facts = TextTable(columns: [.left, .left])
    facts.add(["samples", "\(sampleCount) with \(tokenCount) tokens, \(tileCount) tiles"])
    let eight = linears.eightBitCount, four = linears.quantizedCount - eight
    facts.add(["linears", "\(four) of \(linears.count) in int4" + (eight > 0 ? ", \(eight) in int8" : "")])
    if let target = job.recipe.targetBitsPerWeight {
      facts.add(["", "more bits for those that gain most by them, up to \(target.upTo(3)) for each weight"])
    }
    for unfit in linears.unfit.prefix(5) {
      facts.add(["", "\("not quantized:", .warning) \(unfit.name) [\(unfit.outFeatures), \(unfit.inFeatures)]"])
    }
    if linears.unfit.count > 5 { facts.add(["", "and \(linears.unfit.count - 5) more (--json lists all)"]) }
    facts.add(["output", ByteCount.text(outputByteCount)])
    facts.add(["disk", "\(ByteCount.text(diskByteCount)) at most, while it is made"])
    var lines: [StyledText] = ["\(job.model.displayed) → \(job.output.displayed)"]
    lines += (facts.styledLines + [memory.line(limit)]).map { "  " + $0 }
    return lines + [""] + stages.lines(uncertainty: uncertainty)
  }

  /// The same as JSON.
  func json(_ job: QuantizationRun) -> JSONValue {
    [
      "schema": "skyquant.plan/1", "model": .string(job.model), "output": .string(job.output),
      "samples": .integer(sampleCount), "tokens": .integer(tokenCount), "tiles": .integer(tileCount),
      "linears": [
        "int4": .integer(linears.quantizedCount - linears.eightBitCount), "int8": .integer(linears.eightBitCount),
        "all": .integer(linears.count),
      ],
      "unfit": .array(
        linears.unfit.map {
          [
            "name": .string($0.name), "in_features": .integer($0.inFeatures), "out_features": .integer($0.outFeatures),
          ]
        }),
      "output_bytes": .integer(outputByteCount), "disk_bytes": .integer(diskByteCount),
      "memory_bytes": .integer(memory.peak), "memory_limit": memory.limit == .max ? .null : .integer(memory.limit),
      "scratch_bytes": .integer(memory.keepsActivations ? 0 : memory.activationByteCount),
      "stages": stages.json, "seconds": .double(stages.seconds), "uncertainty": .double(uncertainty),
    ]
  }
}

extension PackingPlan {
  /// Facts, then a table of times.
  func lines(_ job: PackingRun) -> [StyledText] {
    [
      "\(job.model.displayed) → \(job.output.displayed)",
      "  output  \(ByteCount.text(outputByteCount)), on the disk from the first second",
      "  memory: up to \(ByteCount.text(memoryByteCount))", "",
    ] + stages.lines(uncertainty: uncertainty)
  }

  /// The same as JSON.
  func json(_ job: PackingRun) -> JSONValue {
    [
      "schema": "skyquant.plan.pack/1", "model": .string(job.model), "output": .string(job.output),
      "output_bytes": .integer(outputByteCount), "disk_bytes": .integer(outputByteCount),
      "memory_bytes": .integer(memoryByteCount), "stages": stages.json, "seconds": .double(stages.seconds),
      "uncertainty": .double(uncertainty),
    ]
  }
}

/// The models of a command that computes with them and writes none.
struct ComputedModels {
  let command: String
  let names: [String]
  let reference: String?

  /// `A, B against ORIGINAL`.
  fileprivate var text: String {
    names.map(\.displayed).joined(separator: ", ") + (reference.map { " against \($0.displayed)" } ?? "")
  }
}

extension ComputingPlan {
  /// One fact a line, then a table of times.
  func lines(_ models: ComputedModels) -> [StyledText] {
    var facts = TextTable(columns: [.left, .left])
    facts.add(["samples", "\(questions.sampleCount) with \(questions.tokenCount) tokens"])
    if questions.pictureCount > 0 {
      facts.add([
        "pictures",
        "\(questions.pictureCount) in \(questions.tileCount) tiles, \(questions.distinctTileCount) of them different",
      ])
    }
    if answerCount > 0 { facts.add(["answers", "\(answerCount) of each model, of up to \(answerTokenCount) tokens"]) }
    let answers = answerCount > 0 ? ["  answers: if each comes to its last token"] : []
    return ["\(models.text)"] + (facts.styledLines + [memory.line]).map { "  " + $0 } + [""]
      + stages.lines(uncertainty: uncertainty) + answers.map { StyledText($0) }
  }

  /// The same as JSON.
  func json(_ models: ComputedModels) -> JSONValue {
    let limit = memory.limit.byteCount
    return [
      "schema": "skyquant.plan.compute/1", "command": .string(models.command),
      "models": .array(models.names.map { .string($0) }),
      "reference": models.reference.map { .string($0) } ?? .null,
      "samples": .integer(questions.sampleCount), "tokens": .integer(questions.tokenCount),
      "pictures": .integer(questions.pictureCount), "tiles": .integer(questions.tileCount),
      "distinct_tiles": .integer(questions.distinctTileCount), "towers": .integer(towerCount),
      "answers": .integer(answerCount), "answer_tokens": .integer(answerTokenCount),
      "groups": .integer(memory.groupCount), "memory_bytes": .integer(memory.peak),
      "memory_limit": limit == .max ? .null : .integer(limit),
      "stages": stages.json, "seconds": .double(stages.seconds), "uncertainty": .double(uncertainty),
    ]
  }
}
