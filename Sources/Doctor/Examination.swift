// All checks of an AWQ repository, whoever made it.
internal import JSON
internal import ModelConfig
internal import Safetensors
internal import Storage

/// Examines a directory.
public struct Examination {
  private let repository: Repository

  /// Opens the directory `path`. What is wrong inside becomes findings.
  /// - Throws: `StorageError` if the directory itself cannot be read, or the system fails.
  public init(path: String) throws { repository = try Repository(path: path) }

  /// Everything found: first what cannot be read, then files, config, layout, weights and values.
  /// - Parameters:
  ///   - readsValues: Whether tensors are read, or headers only.
  ///   - onTensor: Called with the number of tensors read and of all.
  /// - Throws: what reading a tensor throws.
  public func findings(readsValues: Bool, onTensor: (Int, Int) -> Void) throws -> [Finding] {
    var findings = repository.unreadable + FileChecks(repository: repository).findings()
    findings += try repository.brokenJSON() + repository.brokenPictureSettings()
    if let layout = repository.foreignLayout {
      findings.append(
        Finding(
          "C106", .note, "config.json",
          "quant_method is \(layout): only AWQ's layout is known here, weights are not examined",
          do: "trust the tool that wrote it"))
      return findings
    }
    findings += ConfigChecks(repository: repository).findings()
    findings += LayoutChecks(repository: repository, groupSize: groupSize).findings()
    findings += WeightChecks(repository: repository).findings()
    if readsValues, let checkpoint = repository.checkpoint {
      let values = ValueChecks(checkpoint: checkpoint, groupSize: groupSize, servedInHalf: servedInHalf)
      findings += try values.findings(onTensor: onTensor)
    }
    return findings
  }

  /// As config.json has it, wherever it stands there; 128, as loaders take it, if `quantization_config` does not say; nil
  /// for what no reader takes, which is a finding about config.json.
  private var groupSize: Int? {
    guard let config = repository.config else { return nil }
    for parent in [config] + CheckpointLayout.languageKeys.map({ config[$0] }) {
      guard let quantization = parent?["quantization_config"], !quantization.isNull else { continue }
      let stated = ["group_size", "q_group_size"].lazy.compactMap { quantization[$0] }.first { !$0.isNull }
      guard let stated else { return 128 }
      if let size = stated.intValue, (1...1 << 30).contains(size) { return size }
    }
    return nil
  }

  private var servedInHalf: Bool {
    let dtype = repository.config.flatMap { $0["torch_dtype"] ?? $0["dtype"] }?.stringValue
    return dtype == "float16" || !repository.quantizedModules.isEmpty
  }
}
