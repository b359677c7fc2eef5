// Which files a repository needs beside its weights.
internal import JSON

struct FileChecks {
  let repository: Repository

  func findings() -> [Finding] { pickles() + tokenizer() + others() }

  private func pickles() -> [Finding] {
    let pickles = repository.names.filter { name in [".bin", ".pt", ".pth"].contains { name.hasSuffix($0) } }
    guard let first = pickles.first else { return [] }
    let hasSafetensors = repository.names.contains { $0.hasSuffix(".safetensors") }
    return [
      Finding(
        "F201", hasSafetensors ? .warning : .error, first,
        "\(pickles.count) pickle files, which can run code when read",
        do: hasSafetensors ? "remove them" : "convert them to safetensors")
    ]
  }

  private func tokenizer() -> [Finding] {
    let names = Set(repository.names)
    var findings: [Finding] = []
    let hasVocabulary =
      names.contains("tokenizer.json") || names.contains("tokenizer.model")
      || names.isSuperset(of: ["vocab.json", "merges.txt"])
    if !hasVocabulary {
      findings.append(missing("F301", .error, "tokenizer.json", "no tokenizer: no loader can read a prompt"))
    }
    if !names.contains("tokenizer_config.json") {
      findings.append(missing("F302", .warning, "tokenizer_config.json", "no special tokens and no chat template"))
    } else if !names.contains("chat_template.jinja"), !names.contains("chat_template.json"),
      repository.json("tokenizer_config.json")?["chat_template"] == nil
    {
      findings.append(missing("F303", .note, "chat_template.jinja", "no chat template: servers will refuse messages"))
    }
    return findings
  }

  private func others() -> [Finding] {
    let names = Set(repository.names)
    var findings: [Finding] = []
    if !names.contains("config.json") {
      findings.append(missing("F304", .error, "config.json", "no config: nothing says what the model is"))
    }
    if repository.config?["vision_config"] != nil, !names.contains("preprocessor_config.json") {
      findings.append(missing("F305", .warning, "preprocessor_config.json", "no settings for pictures"))
    }
    if !names.contains("generation_config.json") {
      findings.append(missing("F306", .note, "generation_config.json", "no default sampling settings"))
    }
    return findings
  }

  private func missing(_ id: String, _ severity: Finding.Severity, _ name: String, _ what: String) -> Finding {
    Finding(id, severity, name, what, do: "copy it from the original repository")
  }
}
