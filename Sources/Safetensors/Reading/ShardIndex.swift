// model.safetensors.index.json: which shard holds which tensor.
import JSON
import Storage
import Tensors

/// The shard index of a checkpoint.
public struct ShardIndex: Sendable {
  /// Its name in a checkpoint directory.
  public static let fileName = "model.safetensors.index.json"
  /// Longest index read, in bytes.
  public static let maximumByteCount = 100_000_000

  /// The shard of each tensor: a plain file name.
  public let weightMap: [String: String]
  /// The shards, each once, in byte order.
  public let shards: [String]

  /// Parses and checks an index. Members beside `weight_map` are passed over.
  /// - Throws: the reason, among others for a shard name with a separator and for a tensor listed twice.
  public init(parsing json: RawSpan) throws(SafetensorsError.Reason) {
    let weightMap = try SafetensorsError.Reason.parsing {
      var reader = try JSONReader(json)
      let weightMap = try ShardIndex.findWeightMap(&reader)
      try reader.finish()
      return weightMap
    }
    guard let weightMap else { throw .checkpoint(.noWeightMap) }
    self.init(checked: weightMap)
  }

  init(checked weightMap: [String: String]) {
    self.weightMap = weightMap
    shards = Set(weightMap.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func findWeightMap(_ reader: inout JSONReader) throws -> [String: String]? {
    var weightMap: [String: String]?
    var keys: Set<String> = []
    try reader.beginObject()
    while let key = try reader.nextKey() {
      guard keys.insert(key).inserted else { throw JSONError.duplicateKey(key, offset: reader.tokenOffset) }
      if key == "weight_map" { weightMap = try parseWeightMap(&reader) } else { try reader.skipValue() }
    }
    return weightMap
  }

  private static func parseWeightMap(_ reader: inout JSONReader) throws -> [String: String] {
    guard try reader.peekKind() == .object else { throw SafetensorsError.Reason.checkpoint(.noWeightMap) }
    var weightMap: [String: String] = [:]
    try reader.beginObject()
    while let tensor = try reader.nextKey() {
      let offset = reader.tokenOffset
      let shard = try reader.readString()
      guard (try? requirePlainFileName(shard)) != nil, shard.hasSuffix(".safetensors") else {
        throw SafetensorsError.Reason.checkpoint(.invalidShardName(shard, tensor: tensor))
      }
      guard weightMap.updateValue(shard, forKey: tensor) == nil else {
        throw SafetensorsError.Reason.duplicateName(tensor, offset: offset)
      }
    }
    return weightMap
  }
}
