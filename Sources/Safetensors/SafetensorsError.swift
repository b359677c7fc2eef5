// Why a checkpoint cannot be read or written. Formats/safetensors.md lists the codes.
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

  /// What kind of failure this is.
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
  /// What kind of failure this is.
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
