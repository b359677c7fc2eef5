// skyquant diff: what two models do not have in common.
import ArgumentParser
import JSON
import Kernels
import ModelFiles
import Tensors

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two models tensor by tensor.",
    discussion: """
      A and B are checkpoint directories, AWQ directories or .skyq files in any combination: an AWQ directory equals the \
      .skyq file packed from it. The exit code is 1 if anything differs.

      Examples:
        skyquant diff model.skyq MODEL-awq        # was it packed from this?
        skyquant diff MODEL MODEL-awq             # what changed, and by how much
      """)

  @Argument(help: "A model.")
  var a: String

  @Argument(help: "Another model.")
  var b: String

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    compute.apply()
    var progress = Progress(output)
    let difference = try ModelDifference(try ModelFile.open(a), try ModelFile.open(b)) { done, total in
      progress.update("tensors", done: done, total: total)
    }
    progress.finish()
    try output.print([
      "schema": "skyquant.diff/1", "a": .string(a), "b": .string(b),
      "equal_tensors": .integer(difference.equalTensorCount),
      "tensors": .array(difference.tensors.map(\.json)), "files": .array(difference.files.map(JSONValue.string)),
    ]) {
      difference.tensors.map { "\($0.name.displayed): \($0.kind.text)" }
        + difference.files.map { "file \($0.displayed): differs" }
        + [
          "tensors the same: \(difference.equalTensorCount), tensors that differ: \(difference.tensors.count), "
            + "files that differ: \(difference.files.count)"
        ]
    }
    if !difference.isEmpty { throw ExitCode(1) }
  }
}

extension TensorDifference {
  fileprivate var json: JSONValue {
    var object: JSONObject = ["name": .string(name), "difference": .string(kind.word)]
    if case .values(let largest, let relative, let codes) = kind {
      object["largest"] = .double(largest)
      object["relative"] = relative.map(JSONValue.double) ?? .null
      if let codes { object["codes"] = .integer(codes) }
    }
    return .object(object)
  }
}

extension TensorDifference.Kind {
  fileprivate var word: String {
    switch self {
    case .onlyInFirst: "only in a"
    case .onlyInSecond: "only in b"
    case .shape: "shape"
    case .bits: "bits"
    case .values: "values"
    case .encoding: "encoding"
    }
  }

  fileprivate var text: String {
    switch self {
    case .onlyInFirst, .onlyInSecond: word
    case .shape(let first, let second): "shape \(first) and \(second)"
    case .bits: "other bits"
    case .encoding: "the same values in another encoding"
    case .values(let largest, let relative, let codes):
      "largest difference \(Float(largest))"
        + (relative.map { ", relative \(Float($0))" } ?? ", all of a is zero")
        + (codes.map { ", \($0) codes differ" } ?? "")
    }
  }
}
