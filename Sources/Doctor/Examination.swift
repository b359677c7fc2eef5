// All checks of a repository, whoever made it.
internal import JSON
internal import ModelConfig
internal import Safetensors
internal import Storage

/// Examines a directory.
public struct Examination {
  private let repository: Repository
  private let degree: Int?

  /// Opens the directory `path`. What is wrong inside becomes findings.
  /// - Parameter degree: On how many devices the model is to be shared; nil examines the usual numbers.
  /// - Throws: `StorageError` if the directory itself cannot be read, or the system fails.
  public init(path: String, tensorParallelism degree: Int? = nil) throws {
    repository = try Repository(path: path)
    self.degree = degree
  }

  /// Everything found: first what cannot be read, then files, config, layout, weights and values. Of equal findings the
  /// first stands for all.
  /// - Parameters:
  ///   - readsValues: Whether tensors are read, or headers only.
  ///   - onTensor: Called with the number of tensors read and of all.
  /// - Throws: what reading a tensor throws.
  public func findings(readsValues: Bool, onTensor: (Int, Int) -> Void) throws -> [Finding] {
    var findings = repository.unreadable + FileChecks(repository: repository).findings()
    findings += CodeChecks(repository: repository).findings()
    findings += ConfigChecks(repository: repository).findings()
    findings += LayoutChecks(repository: repository).findings()
    findings += ParallelChecks(repository: repository, asked: degree).findings()
    findings += LoaderChecks(repository: repository).findings()
    findings += WeightChecks(repository: repository).findings()
    if readsValues, let checkpoint = repository.checkpoint {
      let values = ValueChecks(
        checkpoint: checkpoint, groupSize: repository.groupSize.flatMap { $0 > 0 ? $0 : nil },
        servedInHalf: servedInHalf, stated: repository.stated, linears: repository.linears)
      findings += try values.findings(onTensor: onTensor)
    }
    return findings.counted
  }

  /// Whether it is a quantized model that `verify` can compare with its original.
  public var isComparable: Bool {
    repository.layout == .awq && repository.config.map { (try? ModelConfig(document: $0)) != nil } ?? false
  }

  private var servedInHalf: Bool {
    let dtype = repository.config.flatMap { $0["torch_dtype"] ?? $0["dtype"] }?.stringValue
    return dtype == "float16" || repository.layout == .awq
  }
}
