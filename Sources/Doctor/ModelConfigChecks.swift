// Whether config.json can be read: the model apart from its quantization, so that a method which is not computed with
// here does not make the model a wrong one.
internal import Basics
internal import JSON
internal import ModelConfig

struct ModelConfigChecks {
  let repository: Repository

  func findings() -> [Finding] {
    guard let config = repository.config, let bare = repository.bareConfig else { return [] }
    if let error = fault(in: bare) { return [finding(error, do: "take the original config.json")] }
    // Of what is stored in no layout that is examined here, others may state what they like.
    let isExamined = repository.layout.map { $0 != .scaled } ?? (repository.stated?.layout != nil)
    guard repository.stated != nil, isExamined, let error = fault(in: config) else { return [] }
    return [finding(error, do: "correct quantization_config")]
  }

  private func fault(in document: JSONValue) -> ModelConfigError? {
    do throws(ModelConfigError) {
      _ = try ModelConfig(document: document)
      return nil
    } catch {
      return error
    }
  }

  /// What is malformed no loader reads; what is only not supported here may be right.
  private func finding(_ error: ModelConfigError, do advice: String) -> Finding {
    // The error names the file, as the finding does.
    let (text, file) = ("\(error)", "config.json: ")
    let what = text.hasPrefix(file) ? String(text.dropFirst(file.count)) : text
    guard error.category == .unsupported else { return Finding("C201", .error, "config.json", what, do: advice) }
    return Finding(
      "C107", .note, "config.json", "skyquant does not compute with it: \(what)",
      do: "nothing, if your loader knows it; weights are not held to config.json here")
  }
}
