// The words and the stable code of every fault.
import Basics
import JSON

extension SafetensorsError.Reason: CustomStringConvertible {
  /// One line for people, names escaped.
  public var description: String { entry.text }
  /// A code that never changes its meaning.
  public var code: String { entry.code }

  private var entry: (code: String, text: String) {
    switch self {
    case .noHeaderLength(let size): ("E101", "\(size) bytes are too few for a safetensors file")
    case .headerTooLarge(let size):
      ("E102", "header of \(size) bytes exceeds the limit of \(SafetensorsHeader.maximumByteCount)")
    case .headerBeyondFile(let size, let available):
      ("E103", "header of \(size) bytes, but \(available) are left; the file is truncated or not safetensors")
    case .headerNotObject: ("E104", "the header does not begin with '{'; not a safetensors file")
    case .padding(let offset): ("E105", "something else than spaces follows the header's JSON at byte \(offset)")
    case .json(let error): ("E106", "\(error)")
    case .duplicateName(let name, let offset):
      ("E107", "duplicate tensor name \"\(name.displayed)\" at byte \(offset)")
    case .invalidName(let name, let offset):
      ("E108", "tensor name \"\(name.displayed)\" at byte \(offset) is empty or contains U+0000")
    case .duplicateField(let field, let tensor):
      ("E109", "\(named(tensor)): field \"\(field.displayed)\" is given twice")
    case .unknownField(let field, let tensor): ("E110", "\(named(tensor)): unknown field \"\(field.displayed)\"")
    case .missingField(let field, let tensor): ("E111", "\(named(tensor)): field \"\(field)\" is missing")
    case .duplicateMetadata(let key, let offset):
      ("E112", "duplicate metadata key \"\(key.displayed)\" at byte \(offset)")
    case .unknownDType(let dtype, let tensor):
      ("E113", "\(named(tensor)): dtype \"\(dtype.displayed)\" is not supported")
    case .tooManyDimensions(let tensor):
      ("E114", "\(named(tensor)): more than \(SafetensorsHeader.maximumRank) dimensions")
    case .sizeOverflow(let tensor, let dimensions):
      ("E115", "\(named(tensor)): shape \(dimensions) overflows")
    default: layoutEntry
    }
  }

  /// Faults of where the data lies, and of checkpoints.
  private var layoutEntry: (code: String, text: String) {
    switch self {
    case .offsetCount(let tensor): ("E116", "\(named(tensor)): data_offsets are not two numbers")
    case .reversedOffsets(let tensor, let begin, let end):
      ("E117", "\(named(tensor)): data ends at offset \(end) before it begins at \(begin)")
    case .sizeMismatch(let tensor, let expected, let found):
      ("E118", "\(named(tensor)): expected \(expected) bytes by shape and dtype, found \(found)")
    case .overlap(let tensor, let begin, let previous, let previousEnd):
      ("E119", "\(named(tensor)) at offset \(begin) overlaps \(named(previous)), which ends at \(previousEnd)")
    case .hole(let tensor, let begin, let previousEnd):
      ("E120", "\(named(tensor)) begins at offset \(begin), but the data before it ends at \(previousEnd)")
    case .beyondFile(let tensor, let end, let size):
      ("E121", "\(named(tensor)) ends at offset \(end), but there are \(size) bytes of data; the file is truncated")
    case .tail(let end, let size):
      ("E122", "the last tensor ends at offset \(end), but there are \(size) bytes of data; something was appended")
    case .noWeightMap: ("E130", "no object \"weight_map\" in the index")
    case .invalidShardName(let name, let tensor):
      ("E131", "\(named(tensor)): shard '\(name.displayed)' is not a plain file name ending in .safetensors")
    case .missingFromShard(let names, let count):
      ("E132", "\(count) tensors that the index places here are missing: \(listed(names, of: count))")
    case .notInIndex(let names, let count):
      ("E133", "\(count) tensors are not placed here by the index: \(listed(names, of: count))")
    case .pickle(let name):
      ("E140", "'\(name.displayed)': pickle is not read, it can run code; convert to safetensors")
    case .noWeights: ("E141", "no model.safetensors and no \(ShardIndex.fileName)")
    case .ambiguousWeights:
      ("E142", "both model.safetensors and an index that does not list it; remove one of them")
    case .noSuchTensor(let name): ("E143", "no \(named(name))")
    default: preconditionFailure("every reason has a message")
    }
  }

  private func named(_ tensor: String) -> String { "tensor '\(tensor.displayed)'" }

  private func listed(_ names: [String], of count: Int) -> String {
    names.map(\.displayed).joined(separator: ", ") + (count > names.count ? ", …" : "")
  }
}
