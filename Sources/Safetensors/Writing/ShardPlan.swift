// Which tensor goes to which shard, and the index that says so.
import JSON
public import Tensors

/// A checkpoint that will be written: its shards, their names and the index.
public struct ShardPlan: Sendable {
  /// Bytes of tensor data that `save_pretrained` of transformers puts in one shard.
  public static let defaultShardByteCount = 5_000_000_000

  /// One file of the checkpoint.
  public struct Shard: Sendable {
    /// `model-00001-of-00003.safetensors`, or `model.safetensors` if it is the only one.
    public let fileName: String
    /// Its tensors and header.
    public let plan: SafetensorsPlan
  }

  /// The files in order.
  public let shards: [Shard]

  /// Fills shards with `tensors` in order. A shard holds at most `shardByteCount` bytes of data, or one tensor larger
  /// than that.
  /// - Throws: the reason why a shard could not be read; `duplicateName` also for a name in two shards.
  public init(
    tensors: [TensorInfo], metadata: [String: String] = ["format": "pt"],
    shardByteCount: Int = ShardPlan.defaultShardByteCount
  ) throws(SafetensorsError.Reason) {
    precondition(shardByteCount > 0, "a shard holds something")
    var names: Set<String> = []
    for info in tensors where !names.insert(info.name).inserted { throw .duplicateName(info.name, offset: 0) }
    let groups = ShardPlan.split(tensors, shardByteCount: shardByteCount)
    var shards: [Shard] = []
    for (index, group) in groups.enumerated() {
      let fileName = groups.count == 1 ? singleFileName : ShardPlan.fileName(index + 1, of: groups.count)
      shards.append(Shard(fileName: fileName, plan: try SafetensorsPlan(tensors: group, metadata: metadata)))
    }
    self.shards = shards
  }

  /// Bytes of data of all tensors.
  public var totalByteCount: Int {
    shards.reduce(0) { $0 + $1.plan.tensors.reduce(0) { $0 + $1.byteCount } }
  }

  /// Bytes of all shards, headers included.
  public var fileByteCount: Int { shards.reduce(0) { $0 + $1.plan.fileByteCount } }

  /// Bytes of the largest shard.
  public var largestFileByteCount: Int { shards.map(\.plan.fileByteCount).max() ?? 0 }

  /// The text of `model.safetensors.index.json`; nil for a single file, which needs none.
  /// - Throws: `SafetensorsError.Reason.json` for a tensor name that cannot be written.
  public func indexBytes() throws(SafetensorsError.Reason) -> [UInt8]? {
    guard shards.count > 1 else { return nil }
    let places = shards.flatMap { shard in shard.plan.tensors.map { ($0.name, shard.fileName) } }
    var weightMap = JSONObject()
    for (name, shard) in places.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
      weightMap[name] = .string(shard)
    }
    let index: JSONValue = [
      "metadata": ["total_size": .integer(totalByteCount)], "weight_map": .object(weightMap),
    ]
    do throws(JSONError) { return try index.serialized(.pretty) + [UInt8(ascii: "\n")] } catch { throw .json(error) }
  }

  private static func split(_ tensors: [TensorInfo], shardByteCount: Int) -> [[TensorInfo]] {
    var (groups, filled): ([[TensorInfo]], Int) = ([[]], 0)
    for info in tensors {
      if !groups[groups.count - 1].isEmpty, filled + info.byteCount > shardByteCount {
        groups.append([])
        filled = 0
      }
      groups[groups.count - 1].append(info)
      filled += info.byteCount
    }
    return groups
  }

  private static func fileName(_ number: Int, of count: Int) -> String {
    "model-\(fiveDigits(number))-of-\(fiveDigits(count)).safetensors"
  }

  private static func fiveDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
