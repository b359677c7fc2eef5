// Remote code: what config.json and its like say that loaders should run, and whether it is there.
internal import JSON
internal import Storage

struct CodeChecks {
  let repository: Repository

  /// Types that neither vLLM 0.33 nor transformers know without code of the repository.
  private static let remoteTypes: Set<String> = ["skywork_chat", "internvl_chat"]
  private static let configs = [
    "config.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json",
  ]

  func findings() -> [Finding] { absentFiles() + missingMap() }

  private func absentFiles() -> [Finding] {
    let present = Set(repository.names)
    return Self.configs.flatMap { config in
      modules(in: config).map { $0 + ".py" }.filter { !present.contains($0) }.map { file in
        Finding(
          "C401", .error, config, "auto_map names \(file), which is not there: loading with trust_remote_code fails",
          do: "copy it from the original repository")
      }
    } + absentImports(present)
  }

  /// Modules that `auto_map` of the file `config` names in this repository, not in another one (`owner/name--module.Class`).
  private func modules(in config: String) -> [String] {
    let map = repository.json(config)?["auto_map"]?.objectValue?.members ?? []
    let classes = map.flatMap { entry in
      entry.value.arrayValue?.compactMap(\.stringValue) ?? [entry.value.stringValue].compactMap(\.self)
    }
    var modules: [String] = []
    for name in classes where !name.contains("--") {
      let module = name.split(separator: ".").dropLast().joined(separator: ".")
      if !module.isEmpty, !modules.contains(module) { modules.append(module) }
    }
    return modules
  }

  /// Files that code imports relatively, as transformers looks for them before it runs the code.
  private func absentImports(_ present: Set<String>) -> [Finding] {
    repository.names.filter { $0.hasSuffix(".py") }.flatMap { file -> [Finding] in
      guard let bytes = (try? repository.files.bytes(of: file)) ?? nil else { return [] }
      let text = String(decoding: bytes, as: UTF8.self)
      let modules = text.matches(of: /(?m)^\s*(?:from\s+\.(\w+)\s+import\b|import\s+\.(\w+)\s*$)/)
        .compactMap { ($0.output.1 ?? $0.output.2).map(String.init) }
      let absent = modules.filter { !present.contains($0 + ".py") }
      guard let first = absent.first else { return [] }
      return [
        Finding(
          "C401", .error, file, "imports \(first).py, which is not there: loading with trust_remote_code fails",
          do: "copy it from the original repository")
      ]
    }
  }

  private func missingMap() -> [Finding] {
    guard let type = repository.config?["model_type"]?.stringValue, Self.remoteTypes.contains(type),
      modules(in: "config.json").isEmpty, repository.config?["auto_map"]?.objectValue == nil
    else { return [] }
    return [
      Finding(
        "C402", .warning, "config.json",
        "model_type is \(type), and no auto_map names its code: vLLM 0.33 and transformers refuse the model",
        do: "copy auto_map and the .py files that it names from the original repository")
    ]
  }
}
