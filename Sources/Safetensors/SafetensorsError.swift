// Why a checkpoint cannot be read or written: words and stable code of every fault, as Formats/safetensors.md
// lists them.
public import Basics
public import JSON

/// A fault in a safetensors file, a shard index or a checkpoint directory.
public struct SafetensorsError: CategorizedError, Equatable {
  /// The file or directory at fault, as it was named by the user or the index.
  public let path: String
  /// What is wrong.
  public let reason: Reason

  /// A fault of the file or directory `path`.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var category: FailureCategory { reason.category }

  /// One line for people, ending in the code of the reason.
  public var description: String { "\(path.displayed): \(reason) [\(reason.code)]" }

  /// One cause each. `offset` counts bytes from the start of the file, header or index.
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
    /// `__metadata__` repeats a key.
    case duplicateMetadata(key: String, offset: Int)
    /// The entry of the tensor of this name.
    case tensor(String, TensorFault)
    /// Bytes after the last tensor.
    case tail(dataEnd: Int, dataByteCount: Int)
    /// The files of a checkpoint do not go together.
    case checkpoint(CheckpointFault)
  }

  /// What is wrong with one tensor. `begin` and `end` are what `data_offsets` says, and count from the first byte after
  /// the header.
  public enum TensorFault: Sendable, Equatable {
    /// A field is given twice.
    case duplicateField(String)
    /// A field other than `dtype`, `shape` and `data_offsets`.
    case unknownField(String)
    /// A field is not there.
    case missingField(String)
    /// An element type this program does not know.
    case unknownDType(String)
    /// More dimensions than `SafetensorsHeader.maximumRank`.
    case tooManyDimensions
    /// The extents that are not zero, times the width of an element, exceed `Int.max`.
    case sizeOverflow(dimensions: [Int])
    /// `data_offsets` is not a list of two.
    case offsetCount
    /// A range that ends before it begins.
    case reversedOffsets(begin: Int, end: Int)
    /// Elements of less than a byte that do not fill whole bytes.
    case partialByte(dimensions: [Int], bitWidth: Int)
    /// Shape and dtype need another number of bytes than the range has.
    case sizeMismatch(expected: Int, found: Int)
    /// The tensor begins before its predecessor ends.
    case overlap(begin: Int, previous: String, previousEnd: Int)
    /// Bytes before the tensor that belong to none.
    case hole(begin: Int, previousEnd: Int)
    /// The tensor ends after the file does.
    case beyondFile(end: Int, dataByteCount: Int)
  }

  /// What is wrong with a checkpoint directory or its index.
  public enum CheckpointFault: Sendable, Equatable {
    /// The index has no object `weight_map`.
    case noWeightMap
    /// A shard of the index is not a plain file name ending in `.safetensors`.
    case invalidShardName(String, tensor: String)
    /// The index places tensors in a shard that does not hold them. At most the first five names.
    case missingFromShard(names: [String], count: Int)
    /// A shard holds tensors that the index does not place there. At most the first five names.
    case notInIndex(names: [String], count: Int)
    /// Shards of the index are not there. At most the first five names, and how many shards it names.
    case missingShards(names: [String], count: Int, of: Int)
    /// Shards, but no index.
    case noIndex(first: String, count: Int)
    /// A LoRA adapter and nothing to adapt.
    case adapter(name: String)
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

  public var category: FailureCategory {
    switch self {
    case .noHeaderLength, .headerTooLarge, .headerBeyondFile, .headerNotObject, .padding, .json, .duplicateName,
      .invalidName, .duplicateMetadata, .tail:
      .malformedInput
    case .tensor(_, let fault): fault.category
    case .checkpoint(let fault): fault.category
    }
  }

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
    case .duplicateMetadata(let key, let offset):
      ("E112", "duplicate metadata key \"\(key.displayed)\" at byte \(offset)")
    case .tensor(let name, let fault): fault.entry(named(name))
    case .tail(let end, let size):
      ("E122", "the last tensor ends at offset \(end), but there are \(size) bytes of data; something was appended")
    case .checkpoint(let fault): fault.entry
    }
  }
}

extension SafetensorsError.TensorFault {
  fileprivate var category: FailureCategory {
    switch self {
    case .unknownDType: .unsupported
    case .duplicateField, .unknownField, .missingField, .tooManyDimensions, .sizeOverflow, .offsetCount,
      .reversedOffsets, .partialByte, .sizeMismatch, .overlap, .hole, .beyondFile:
      .malformedInput
    }
  }

  /// - Parameter tensor: How the tensor is named.
  fileprivate func entry(_ tensor: String) -> (code: String, text: String) {
    switch self {
    case .duplicateField(let field): ("E109", "\(tensor): field \"\(field.displayed)\" is given twice")
    case .unknownField(let field): ("E110", "\(tensor): unknown field \"\(field.displayed)\"")
    case .missingField(let field): ("E111", "\(tensor): field \"\(field)\" is missing")
    case .unknownDType(let dtype): ("E113", "\(tensor): dtype \"\(dtype.displayed)\" is not supported")
    case .tooManyDimensions: ("E114", "\(tensor): more than \(SafetensorsHeader.maximumRank) dimensions")
    case .sizeOverflow(let dimensions): ("E115", "\(tensor): shape \(dimensions) overflows")
    case .offsetCount: ("E116", "\(tensor): data_offsets are not two numbers")
    case .reversedOffsets(let begin, let end):
      ("E117", "\(tensor): data ends at offset \(end) before it begins at \(begin)")
    case .partialByte(let dimensions, let bits):
      ("E123", "\(tensor): shape \(dimensions) of \(bits)-bit elements does not fill whole bytes")
    case .sizeMismatch(let expected, let found):
      ("E118", "\(tensor): expected \(expected) bytes by shape and dtype, found \(found)")
    case .overlap(let begin, let previous, let previousEnd):
      ("E119", "\(tensor) at offset \(begin) overlaps \(named(previous)), which ends at \(previousEnd)")
    case .hole(let begin, let previousEnd):
      ("E120", "\(tensor) begins at offset \(begin), but the data before it ends at \(previousEnd)")
    case .beyondFile(let end, let size):
      ("E121", "\(tensor) ends at offset \(end), but there are \(size) bytes of data; the file is truncated")
    }
  }
}

extension SafetensorsError.CheckpointFault {
  fileprivate var category: FailureCategory {
    switch self {
    case .pickle, .adapter: .unsupported
    case .noWeights, .missingShards, .noIndex: .missingInput
    case .noWeightMap, .invalidShardName, .missingFromShard, .notInIndex, .ambiguousWeights, .noSuchTensor:
      .malformedInput
    }
  }

  fileprivate var entry: (code: String, text: String) {
    switch self {
    case .noWeightMap: ("E130", "no object \"weight_map\" in the index")
    case .invalidShardName(let name, let tensor):
      ("E131", "\(named(tensor)): shard '\(name.displayed)' is not a plain file name ending in .safetensors")
    case .missingFromShard(let names, let count):
      ("E132", "\(count) tensors that the index places here are missing: \(listed(names, of: count))")
    case .notInIndex(let names, let count):
      ("E133", "\(count) tensors are not placed here by the index: \(listed(names, of: count))")
    case .missingShards(let names, let count, let all):
      ("E134", "\(count) of \(all) shards missing: \(listed(names, of: count)); download them")
    case .noIndex(let first, let count):
      (
        "E135",
        "\(count) shards such as '\(first.displayed)', but no \(ShardIndex.fileName), which says what they hold; "
          + "download it"
      )
    case .adapter(let name):
      ("E136", "'\(name.displayed)' is a LoRA adapter without its model; merge it into that (merge_and_unload) first")
    case .pickle(let name):
      ("E140", "'\(name.displayed)': pickle is not read, it can run code; convert to safetensors")
    case .noWeights: ("E141", "no model.safetensors and no \(ShardIndex.fileName)")
    case .ambiguousWeights:
      ("E142", "both model.safetensors and an index that does not list it; remove one of them")
    case .noSuchTensor(let name): ("E143", "no \(named(name))")
    }
  }
}

private func named(_ tensor: String) -> String { "tensor '\(tensor.displayed)'" }

private func listed(_ names: [String], of count: Int) -> String {
  names.map(\.displayed).joined(separator: ", ") + (count > names.count ? ", …" : "")
}
