// `quantization_config` of an AWQ checkpoint, at the top level or inside the language model's config.
import Basics
import JSON

/// How the linears of a quantized checkpoint are stored: the AWQ GEMM layout of AutoAWQ, also as AutoRound writes it.
public struct QuantizationConfig: Sendable, Equatable {
  /// Bits of a code; always 4.
  public let bits: Int
  /// Input features that share a scale and a zero.
  public let groupSize: Int
  /// Whether zeros are stored (asymmetric); always true in files this program reads.
  public let hasZeroPoint: Bool
  /// Modules left in 16 bit, as the file spells them.
  public let skippedModules: [String]

  /// The quantization of `reader`'s document, or nil if it is not quantized.
  static func find(in reader: ConfigReader) throws(ModelConfigError) -> QuantizationConfig? {
    let nested = try CheckpointLayout.languageKeys.map { key throws(ModelConfigError) in try reader.child(key) }
    for parent in [reader] + nested {
      if let found = try parent?.child("quantization_config") { return try QuantizationConfig(found) }
    }
    return nil
  }

  /// Checks that the linears are in the one layout that is read: AutoAWQ's, which AutoRound writes as `auto_round:auto_awq`.
  private static func requireGEMM(_ reader: ConfigReader) throws(ModelConfigError) {
    let method = try reader.string("quant_method") ?? ""
    if ["auto-round", "intel/auto-round"].contains(method) {
      let packing = try reader.string("packing_format") ?? "auto_round:auto_gptq"
      guard packing == "auto_round:auto_awq" else {
        throw .unsupported(
          what: "AutoRound's packing \"\(packing.displayed)\"", advice: "only auto_round:auto_awq is read")
      }
      return
    }
    guard method == "awq" else {
      throw .unsupported(what: "quant_method \"\(method.displayed)\"", advice: "only awq checkpoints are read")
    }
    let version = (try reader.string("version") ?? "gemm").lowercased()
    guard version == "gemm" else {
      throw .unsupported(what: "AWQ version \"\(version.displayed)\"", advice: "only the gemm layout is read")
    }
  }

  private init(_ reader: ConfigReader) throws(ModelConfigError) {
    try QuantizationConfig.requireGEMM(reader)
    bits = try reader.int("bits", in: 1...16, default: try reader.int("w_bit", default: 4))
    guard bits == 4 else { throw .unsupported(what: "AWQ with \(bits) bits", advice: "only 4 bits are read") }
    for key in ["group_size", "q_group_size"] where reader.value(key)?.intValue == -1 {
      throw .unsupported(what: "one group per row (\(key) -1)", advice: "groups of 32, 64 or 128 are read")
    }
    groupSize = try reader.int("group_size", default: try reader.int("q_group_size", default: 128))
    hasZeroPoint = try reader.bool("zero_point", default: true)
    guard hasZeroPoint else {
      throw .unsupported(what: "AWQ without zero points", advice: "only zero_point true is read")
    }
    skippedModules = reader.value("modules_to_not_convert")?.arrayValue?.compactMap(\.stringValue) ?? []
  }
}
