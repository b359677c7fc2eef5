// Why a checkpoint cannot be read or written: words and stable code of every fault, as Formats/safetensors.md
// lists them.
public import Basics
public import JSON

/// A fault in a safetensors file, a shard index or a checkpoint directory.
public struct SafetensorsError: CategorizedError, Equatable {
  /// The file or directory at fault, as it was named by the user or the index.
  public let path: String
  public let reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var category: FailureCategory { reason.category }

  /// One line for people, ending in the code of the reason.
  public var description: String { "\(path.displayed): \(reason) [\(reason.code)]" }

  /// One cause each. `offset` counts bytes from the start of the file, header or index; `begin` and `end` are what
  /// `data_offsets` says, and count from the first byte after the header.
  public enum Reason: Error, Equatable {
    /// The file is too short to hold the length of its header.
    case noHeaderLength(fileByteCount: Int)
    /// The header is longer than `SafetensorsHeader.maximumByteCount`.
    case headerTooLarge(byteCount: UInt64)
    /// The header's length exceeds the rest of the file.
    case headerBeyondFile(byteCount: Int, available: Int)
    /// The header does not begin with `{`.
    case headerNotObject
    /// Something else than spaces between the header's JSON and the data.
    case padding(offset: Int)
    /// The header or the index is not the JSON it should be.
    case json(JSONError)
    /// Two tensors have one name.
    case duplicateName(String, offset: Int)
    /// A tensor's name is empty or contains U+0000.
    case invalidName(String, offset: Int)
    /// A tensor's entry repeats a field.
    case duplicateField(String, tensor: String)
    /// A tensor's entry has a field other than `dtype`, `shape` and `data_offsets`.
    case unknownField(String, tensor: String)
    /// A tensor's entry lacks a field.
    case missingField(String, tensor: String)
    /// `__metadata__` repeats a key.
    case duplicateMetadata(key: String, offset: Int)
    /// An element type this program does not know.
    case unknownDType(String, tensor: String)
    /// More dimensions than `SafetensorsHeader.maximumRank`.
    case tooManyDimensions(tensor: String)
    /// The extents that are not zero, times the width of an element, exceed `Int.max`.
    case sizeOverflow(tensor: String, dimensions: [Int])
    /// A range that ends before it begins.
    case reversedOffsets(tensor: String, begin: Int, end: Int)
    /// `data_offsets` is not a list of two.
    case offsetCount(tensor: String)
    /// Shape and dtype need another number of bytes than the range has.
    case sizeMismatch(tensor: String, expected: Int, found: Int)
    /// A tensor begins before its predecessor ends.
    case overlap(tensor: String, begin: Int, previous: String, previousEnd: Int)
    /// Bytes before a tensor that belong to none.
    case hole(tensor: String, begin: Int, previousEnd: Int)
    /// A tensor ends after the file does.
    case beyondFile(tensor: String, end: Int, dataByteCount: Int)
    /// Bytes after the last tensor.
    case tail(dataEnd: Int, dataByteCount: Int)
    /// The index has no object `weight_map`.
    case noWeightMap
    /// A shard of the index is not a plain file name ending in `.safetensors`.
    case invalidShardName(String, tensor: String)
    /// The index places tensors in a shard that does not hold them. At most the first five names.
    case missingFromShard(names: [String], count: Int)
    /// A shard holds tensors that the index does not place there. At most the first five names.
    case notInIndex(names: [String], count: Int)
    /// A pickle file was given, or is all a directory offers. It was not opened.
    case pickle(name: String)
    /// No checkpoint in the directory.
    case noWeights
    /// Both `model.safetensors` and an index that does not speak of it.
    case ambiguousWeights
    /// The checkpoint has no such tensor.
    case noSuchTensor(String)
  }
}

extension SafetensorsError.Reason {
  public var category: FailureCategory {
    switch self {
    case .unknownDType, .pickle: .unsupported
    case .noWeights: .missingInput
    default: .malformedInput
    }
  }
}

extension SafetensorsError.Reason {
  /// Runs a parser that throws `JSONError` for bad JSON and a reason for JSON that says something wrong.
  static func parsing<Value>(_ parse: () throws -> Value) throws(SafetensorsError.Reason) -> Value {
    do {
      return try parse()
    } catch let error as JSONError {
      throw .json(error)
    } catch let error as SafetensorsError.Reason {
      throw error
    } catch {
      preconditionFailure("a parser throws nothing else: \(error)")
    }
  }
}

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
    }
  }

  private func named(_ tensor: String) -> String { "tensor '\(tensor.displayed)'" }

  private func listed(_ names: [String], of count: Int) -> String {
    names.map(\.displayed).joined(separator: ", ") + (count > names.count ? ", …" : "")
  }
}
