// model.safetensors.index.json. No accepted shard name may lead out of its directory.
import Safetensors

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzShardIndex(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = fuzzInput(data, count)
  guard let index = try? ShardIndex(parsing: input.span.bytes) else { return 0 }
  for shard in index.shards {
    precondition(!shard.utf8.contains(UInt8(ascii: "/")) && !shard.utf8.contains(0), "a path was accepted")
    precondition(shard != ".." && !shard.isEmpty, "a directory was accepted")
  }
  for shard in index.weightMap.values { precondition(index.shards.contains(shard), "a shard is not listed") }
  return 0
}
