// `quantization_config` of a quantized checkpoint, at the top level or inside the language model's config.
import Basics
import JSON

/// How the linears of a quantized checkpoint are stored, as its config.json states it. What the tensors say counts;
/// this tells what they cannot, and is held to them.
public struct QuantizationConfig: Sendable, Equatable {
  /// Where codes and zeros stand in the tensors.
  public enum Layout: String, Sendable, CaseIterable {
    /// AutoAWQ's GEMM layout.
    case awq
    /// GPTQ with zeros less one.
    case gptq
    /// GPTQ with zeros as they are.
    case gptqV2 = "gptq_v2"
    /// compressed-tensors, pack-quantized.
    case packQuantized = "pack-quantized"
  }

  /// What is said of the linears of a group of modules.
  public struct Kind: Sendable, Equatable {
    /// Bits of a code, 4 or 8.
    public let bits: Int
    /// Input features that share a scale and a zero; −1 for all of a row.
    public let groupSize: Int
    /// Whether zeros are stored with every linear (asymmetric).
    public let hasZeroPoint: Bool
  }

  public let layout: Layout
  /// Every linear is of one of these, whichever modules they are for; none where modules have rules that are not read.
  public let kinds: [Kind]
  /// Modules left in 16 bit, as the file spells them.
  public let skippedModules: [String]

  /// Bits of all codes; nil where linears may differ in kind.
  public var bits: Int? { onlyKind?.bits }
  /// The group size of all linears, −1 for rows; nil where they may differ in kind.
  public var groupSize: Int? { onlyKind?.groupSize }
  /// Whether zeros are stored with every linear.
  public var hasZeroPoint: Bool { kinds.allSatisfy(\.hasZeroPoint) }

  private var onlyKind: Kind? { kinds.count == 1 ? kinds[0] : nil }

  init(_ layout: Layout, _ kinds: [Kind], skippedModules: [String] = []) {
    self.layout = layout
    self.kinds = kinds
    self.skippedModules = skippedModules
  }

  /// The quantization of `reader`'s document, or nil if it is not quantized.
  static func find(in reader: ConfigReader) throws(ModelConfigError) -> QuantizationConfig? {
    let nested = try CheckpointLayout.languageKeys.map { key throws(ModelConfigError) in try reader.child(key) }
    for parent in [reader] + nested {
      if let found = try parent?.child("quantization_config") { return try QuantizationConfig(found) }
    }
    return nil
  }

  /// By the tool that made it.
  private init(_ reader: ConfigReader) throws(ModelConfigError) {
    let method = try reader.string("quant_method") ?? ""
    try reader.refuseTransforms()
    switch method {
    case "awq": self = try .awq(reader)
    case "gptq": self = try .gptq(reader)
    case "auto-round", "intel/auto-round": self = try .autoRound(reader)
    case "compressed-tensors": self = try .compressedTensors(reader)
    default:
      throw .unsupported(
        what: "quant_method \"\(method.displayed)\"",
        advice: "awq, gptq, auto-round and compressed-tensors are read, in 4 or 8 bits")
    }
  }
}

extension ConfigReader {
  /// `group_size`, or what older files call it: a positive number, or −1 for one group a row.
  func groupSize(_ keys: [String] = ["group_size"]) throws(ModelConfigError) -> Int {
    guard let key = keys.first(where: { value($0) != nil }) else { return 128 }
    return value(key)?.intValue == -1 ? -1 : try int(key)
  }

  /// Bits of a code.
  /// - Parameter read: Those that are read.
  func codeBits(_ method: String, _ key: String = "bits", read: [Int] = [4, 8]) throws(ModelConfigError) -> Int {
    let bits = try int(key, in: 1...16, default: 4)
    guard read.contains(bits) else {
      throw .unsupported(
        what: "\(method) with \(bits) bits",
        advice: "only \(read.map(String.init).joined(separator: " and ")) bits are read")
    }
    return bits
  }

  /// Checks that the model is computed without rotations and without zeros left out, which weights do not show.
  fileprivate func refuseTransforms() throws(ModelConfigError) {
    for key in ["transform_config", "rotation_config", "sparsity_config"] {
      guard let members = value(key)?.objectValue, members.count > 0, members["format"] != "dense" else { continue }
      throw .unsupported(what: key, advice: "use a checkpoint that is quantized only")
    }
  }
}
