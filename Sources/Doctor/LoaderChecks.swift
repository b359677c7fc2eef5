// What single loaders, in the versions that were looked at, make of a repository without a fault.
internal import Basics
internal import JSON
internal import ModelConfig
internal import Tokenization

struct LoaderChecks {
  let repository: Repository

  private static let groupOfTurboMind = 128

  func findings() -> [Finding] {
    guard repository.layout != nil else { return template() }
    return template() + asymmetric() + (isSkywork ? [unknown] : groups())
  }

  /// A conversation that only `template` in config.json could name.
  private func template() -> [Finding] {
    guard let config = repository.config, let name = (try? ModelConfig(document: config))?.template, !name.isEmpty,
      !ChatTemplate.allNames.contains(name)
    else { return [] }
    return [
      Finding(
        "C404", .warning, "config.json",
        "template '\(name.displayed)' is none that skyquant knows; vLLM does not look at it",
        do: "give --template to run and verify")
    ]
  }

  /// GPTQ with zeros of its own.
  private func asymmetric() -> [Finding] {
    guard let stated = repository.stated, stated.layout == .gptq, stated.value["sym"]?.boolValue == false else {
      return []
    }
    let layout = repository.linears.contains { $0.bits == 8 } ? "compressed-tensors" : "awq"
    return [
      Finding(
        "L405", .warning, "quantization_config",
        "sym is false: vLLM 0.33 refuses GPTQ with zeros of its own", do: "for vLLM: skyquant export --to \(layout)")
    ]
  }

  private var isSkywork: Bool {
    repository.architecture?.hasPrefix("SkyworkR1V") == true
      || repository.config?["model_type"]?.stringValue == "skywork_chat"
  }

  private var unknown: Finding {
    Finding(
      "C403", .note, "config.json", "lmdeploy 0.18 and SGLang 0.5.23 have no class for Skywork-R1V; vLLM 0.33 has one",
      do: "serve with vLLM")
  }

  /// TurboMind's int4 kernels know one group size.
  private func groups() -> [Finding] {
    let sizes = Set(repository.linears.filter { $0.layout == .awq }.compactMap(\.groupSize))
    guard let other = sizes.subtracting([Self.groupOfTurboMind]).min() else { return [] }
    return [
      Finding(
        "L402", .note, "quantization_config",
        "groups of \(other): lmdeploy 0.18's TurboMind takes groups of \(Self.groupOfTurboMind) only, vLLM 0.33 also 32 and 64",
        do: "serve with vLLM, or quantize with --group-size \(Self.groupOfTurboMind) for lmdeploy")
    ]
  }
}
