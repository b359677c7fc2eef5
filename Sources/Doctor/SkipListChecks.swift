// `modules_to_not_convert`: what loaders leave in 16 bit, by parts of names.
internal import JSON
internal import ModelConfig

struct SkipListChecks {
  let repository: Repository

  func findings() -> [Finding] {
    guard let stated = repository.stated, stated.layout == .awq, repository.layout == .awq else { return [] }
    return hidden(stated) + open(stated)
  }

  private func hidden(_ stated: StatedQuantization) -> [Finding] {
    stated.skipped.compactMap { entry in
      let hidden = repository.quantizedModules.filter { $0.contains(entry) }
      guard let first = hidden.first else { return nil }
      return Finding(
        "C301", .error, "modules_to_not_convert",
        "'\(entry)' is part of the name of \(hidden.count) quantized modules, such as '\(first)', which vLLM will skip",
        do: "write full module names")
    }
  }

  /// Without any list vLLM looks into the headers.
  private func open(_ stated: StatedQuantization) -> [Finding] {
    let open = repository.plainLinears.filter { module in
      !module.hasSuffix(DecoderNames.headComponent) && !stated.skipped.contains { module.contains($0) }
    }
    guard let first = open.first else { return [] }
    let isMissing = stated.skipped.isEmpty
    return [
      Finding(
        "C302", isMissing ? .note : .error, "modules_to_not_convert",
        "\(open.count) modules in 16 bit are not listed, such as '\(first)': "
          + (isMissing
            ? "vLLM 0.33 finds them by the headers, transformers will ask for their qweight"
            : "loaders will ask for their qweight"),
        do: "list them, or the part of their name that no quantized module has")
    ]
  }
}
