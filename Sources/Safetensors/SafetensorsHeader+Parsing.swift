// Reading the header's JSON member by member, without a tree: a header of 100 MB costs no more than its names.
import JSON
import Storage
import Tensors

extension SafetensorsHeader {
  /// Parses and checks the JSON of a header, without the length before it.
  /// - Parameters:
  ///   - json: The header, padding included.
  ///   - dataByteCount: Bytes of the file after the header.
  /// - Throws: the first rule of Formats/safetensors.md §2 that is broken, E102 to E122.
  public init(parsing json: RawSpan, dataByteCount: Int) throws(SafetensorsError.Reason) {
    guard json.byteCount <= SafetensorsHeader.maximumByteCount else {
      throw .headerTooLarge(byteCount: UInt64(json.byteCount))
    }
    guard json.byteCount > 0, unsafe json.unsafeLoad(as: UInt8.self) == UInt8(ascii: "{") else {
      throw .headerNotObject
    }
    let parser = try SafetensorsError.Reason.parsing {
      var parser = HeaderParser(headerByteCount: json.byteCount)
      var reader = try JSONReader(json)
      try parser.parse(&reader)
      try HeaderParser.requireSpaces(json, from: reader.offset)
      return parser
    }
    try self.init(
      entries: parser.entries, positions: parser.positions, metadata: parser.metadata, dataByteCount: dataByteCount)
  }
}

/// Collects tensors and metadata in the order of the header.
private struct HeaderParser {
  var entries: [SafetensorsHeader.Entry] = []
  var metadata: [String: String] = [:]
  /// Where each name stands in `entries`.
  var positions: [String: Int] = [:]
  private var hasMetadata = false

  init(headerByteCount: Int) {
    let usualEntryByteCount = 100  // room for about as many tensors as there are spares growing the table
    positions.reserveCapacity(headerByteCount / usualEntryByteCount)
    entries.reserveCapacity(headerByteCount / usualEntryByteCount)
  }

  /// Reads the whole object and leaves the reader after its closing brace.
  mutating func parse(_ reader: inout JSONReader) throws {
    try reader.beginObject()
    while let name = try reader.nextKey() {
      let offset = reader.tokenOffset
      if name == SafetensorsHeader.metadataKey {
        guard !hasMetadata else { throw SafetensorsError.Reason.duplicateName(name, offset: offset) }
        hasMetadata = true
        try parseMetadata(&reader)
        continue
      }
      guard !name.isEmpty, !name.utf8.contains(0) else {
        throw SafetensorsError.Reason.invalidName(name, offset: offset)
      }
      guard positions.updateValue(entries.count, forKey: name) == nil else {
        throw SafetensorsError.Reason.duplicateName(name, offset: offset)
      }
      var fields = TensorFields(tensor: name)
      try fields.parse(&reader)
      entries.append(try fields.entry())
    }
  }

  private mutating func parseMetadata(_ reader: inout JSONReader) throws {
    try reader.beginObject()
    while let key = try reader.nextKey() {
      let offset = reader.tokenOffset
      guard metadata.updateValue(try reader.readString(), forKey: key) == nil else {
        throw SafetensorsError.Reason.duplicateMetadata(key: key, offset: offset)
      }
    }
  }

  /// The writer of a polyglot file would put its other half here.
  static func requireSpaces(_ json: RawSpan, from offset: Int) throws {
    var rest = ByteReader(json)
    try rest.skip(offset)
    while rest.remaining > 0 {
      guard try rest.readUInt8() == UInt8(ascii: " ") else {
        throw SafetensorsError.Reason.padding(offset: rest.offset - 1)
      }
    }
  }
}

/// The three fields of one tensor, each of which must be there once.
private struct TensorFields {
  let tensor: String
  private var dtype: DType?
  private var dimensions: [Int]?
  private var offsets: (begin: Int, end: Int)?

  init(tensor: String) { self.tensor = tensor }

  mutating func parse(_ reader: inout JSONReader) throws {
    try reader.beginObject()
    while let field = try reader.nextKey() {
      switch field {
      case "dtype":
        try requireFirst(dtype == nil, field)
        dtype = try parseDType(&reader)
      case "shape":
        try requireFirst(dimensions == nil, field)
        let limit = SafetensorsHeader.maximumRank
        dimensions = try parseIntegers(&reader, limit: limit, else: .tooManyDimensions(tensor: tensor))
      case "data_offsets":
        try requireFirst(offsets == nil, field)
        offsets = try parsePair(&reader)
      default: throw SafetensorsError.Reason.unknownField(field, tensor: tensor)
      }
    }
  }

  /// The tensor, if its fields agree.
  func entry() throws(SafetensorsError.Reason) -> SafetensorsHeader.Entry {
    guard let dtype else { throw .missingField("dtype", tensor: tensor) }
    guard let dimensions else { throw .missingField("shape", tensor: tensor) }
    guard let offsets else { throw .missingField("data_offsets", tensor: tensor) }
    // Extents of zero do not hide an overflow of the others: strides and row sizes are computed from those.
    var bound: Int? = dtype.byteWidth
    for extent in dimensions where extent != 0 { bound = bound?.multiplied(checked: extent) }
    guard bound != nil, let shape = Shape(checking: dimensions) else {
      throw .sizeOverflow(tensor: tensor, dimensions: dimensions)
    }
    guard offsets.begin <= offsets.end else {
      throw .reversedOffsets(tensor: tensor, begin: offsets.begin, end: offsets.end)
    }
    let info = TensorInfo(name: tensor, dtype: dtype, shape: shape)
    guard info.byteCount == offsets.end - offsets.begin else {
      throw .sizeMismatch(tensor: tensor, expected: info.byteCount, found: offsets.end - offsets.begin)
    }
    return SafetensorsHeader.Entry(info: info, byteRange: offsets.begin..<offsets.end)
  }

  private func requireFirst(_ isFirst: Bool, _ field: String) throws {
    guard isFirst else { throw SafetensorsError.Reason.duplicateField(field, tensor: tensor) }
  }

  private func parseDType(_ reader: inout JSONReader) throws -> DType {
    let name = try reader.readString()
    guard let dtype = DType(rawValue: name) else { throw SafetensorsError.Reason.unknownDType(name, tensor: tensor) }
    return dtype
  }

  /// Two integers, without an array to hold them: there are as many as tensors.
  private func parsePair(_ reader: inout JSONReader) throws -> (begin: Int, end: Int) {
    let failure = SafetensorsError.Reason.offsetCount(tensor: tensor)
    try reader.beginArray()
    guard try reader.nextElement() else { throw failure }
    let begin = try reader.readUnsignedInteger()
    guard try reader.nextElement() else { throw failure }
    let end = try reader.readUnsignedInteger()
    guard try !reader.nextElement() else { throw failure }
    return (begin, end)
  }

  private func parseIntegers(
    _ reader: inout JSONReader, limit: Int, else failure: SafetensorsError.Reason
  ) throws -> [Int] {
    var integers: [Int] = []
    try reader.beginArray()
    while try reader.nextElement() {
      guard integers.count < limit else { throw failure }
      integers.append(try reader.readUnsignedInteger())
    }
    return integers
  }
}
