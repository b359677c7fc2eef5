// Reading the header's JSON member by member, without a tree: a header of 100 MB costs no more than its
// names, which must differ (Formats/safetensors.md §2.5).
import JSON
import Storage
import Tensors

extension SafetensorsHeader {
  /// Parses and checks the JSON of a header.
  /// - Parameters:
  ///   - bytes: What ends with the header, padding included: the beginning of a file, or the header alone.
  ///   - start: Where in `bytes` the header begins. Errors count from the first of `bytes`.
  ///   - dataByteCount: Bytes of the file after the header.
  /// - Throws: the first rule of Formats/safetensors.md §2 that is broken, E102 to E122.
  public init(parsing bytes: RawSpan, from start: Int = 0, dataByteCount: Int) throws(SafetensorsError.Reason) {
    let byteCount = bytes.byteCount - start
    guard byteCount <= SafetensorsHeader.maximumByteCount else {
      throw .headerTooLarge(byteCount: UInt64(byteCount))
    }
    guard byteCount > 0, unsafe bytes.unsafeLoad(fromByteOffset: start, as: UInt8.self) == UInt8(ascii: "{") else {
      throw .headerNotObject
    }
    var parser = HeaderParser(headerByteCount: byteCount)
    let names = try SafetensorsError.Reason.parsing {
      var reader = try JSONReader(bytes, from: start)
      let names = try parser.parse(&reader)
      try HeaderParser.requireSpaces(bytes, from: reader.offset)
      return names
    }
    metadata = parser.metadata
    entries = try SafetensorsEntryList(
      parser.records, dimensions: parser.dimensions, names: names, dataByteCount: dataByteCount)
  }
}

/// Collects tensors and metadata in the order of the header.
private struct HeaderParser {
  var records: [SafetensorsEntryList.Record] = []
  /// The extents of all tensors.
  var dimensions: [Int] = []
  var metadata: [String: String] = [:]
  private var names: HeaderNames
  private var hasMetadata = false

  init(headerByteCount: Int) {
    let usualEntryByteCount = 100  // room for about as many tensors as there are spares growing the table
    let usualCount = headerByteCount / usualEntryByteCount
    records.reserveCapacity(usualCount)
    names = HeaderNames(expectedCount: usualCount)
  }

  /// Reads the whole object and leaves the reader after its closing brace.
  /// - Returns: the names of `records`.
  mutating func parse(_ reader: inout JSONReader) throws -> NameTable {
    var failure: (any Error)?
    do {
      try parseMembers(&reader)
    } catch {
      failure = error
    }
    let table = names.table()
    if let (name, offset) = names.firstRepetition(in: table) {  // it stands before what failed
      throw SafetensorsError.Reason.duplicateName(name, offset: offset)
    }
    if let failure { throw failure }
    return table
  }

  private mutating func parseMembers(_ reader: inout JSONReader) throws {
    try reader.beginObject()
    while let name = try reader.nextKeyText() {
      let offset = reader.tokenOffset
      if reader.matches(name, SafetensorsHeader.metadataKey) {
        guard !hasMetadata else {
          throw SafetensorsError.Reason.duplicateName(reader.string(name), offset: offset)
        }
        hasMetadata = true
        try parseMetadata(&reader)
        continue
      }
      guard names.append(name, of: reader) else {
        throw SafetensorsError.Reason.invalidName(reader.string(name), offset: offset)
      }
      var fields = TensorFields(name: name)
      try fields.parse(&reader, &dimensions)
      records.append(try fields.record(reader, dimensions))
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
  static func requireSpaces(_ bytes: RawSpan, from offset: Int) throws {
    var rest = ByteReader(bytes)
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
  /// Made a string for messages only.
  let name: JSONText
  private var dtype: DType?
  private var dimensions: Range<UInt32>?
  private var offsets: (begin: Int, end: Int)?

  init(name: JSONText) { self.name = name }

  /// Reads the fields, and appends the extents to those of the tensors before.
  mutating func parse(_ reader: inout JSONReader, _ extents: inout [Int]) throws {
    try reader.beginObject()
    while let field = try reader.nextKeyText() {
      if reader.matches(field, "dtype") {
        try requireFirst(dtype == nil, field, reader)
        dtype = try parseDType(&reader)
      } else if reader.matches(field, "shape") {
        try requireFirst(dimensions == nil, field, reader)
        dimensions = try parseDimensions(&reader, &extents)
      } else if reader.matches(field, "data_offsets") {
        try requireFirst(offsets == nil, field, reader)
        offsets = try parsePair(&reader)
      } else {
        throw fault(.unknownField(reader.string(field)), reader)
      }
    }
  }

  /// The tensor, if its fields agree.
  func record(_ reader: JSONReader, _ extents: [Int]) throws(SafetensorsError.Reason) -> SafetensorsEntryList.Record {
    guard let dtype else { throw fault(.missingField("dtype"), reader) }
    guard let dimensions else { throw fault(.missingField("shape"), reader) }
    guard let offsets else { throw fault(.missingField("data_offsets"), reader) }
    let shape = extents[Int(dimensions.lowerBound)..<Int(dimensions.upperBound)]
    // Extents of zero do not hide an overflow of the others: strides and row sizes are computed from those.
    let bits = dtype.bitWidth
    var bound: Int? = bits < 8 ? bits : bits / 8  // bits, or bytes
    for extent in shape where extent != 0 { bound = bound?.multiplied(checked: extent) }
    guard let bound else { throw fault(.sizeOverflow(dimensions: Array(shape)), reader) }
    guard offsets.begin <= offsets.end else {
      throw fault(.reversedOffsets(begin: offsets.begin, end: offsets.end), reader)
    }
    guard bits >= 8 || bound % 8 == 0 || shape.contains(0) else {
      throw fault(.partialByte(dimensions: Array(shape), bitWidth: bits), reader)
    }
    let byteCount = shape.contains(0) ? 0 : bits < 8 ? bound / 8 : bound
    guard byteCount == offsets.end - offsets.begin else {
      throw fault(.sizeMismatch(expected: byteCount, found: offsets.end - offsets.begin), reader)
    }
    return SafetensorsEntryList.Record(dtype: dtype, dimensions: dimensions, byteRange: offsets.begin..<offsets.end)
  }

  /// What is wrong with this tensor.
  private func fault(_ fault: SafetensorsError.TensorFault, _ reader: JSONReader) -> SafetensorsError.Reason {
    .tensor(reader.string(name), fault)
  }

  private func requireFirst(_ isFirst: Bool, _ field: JSONText, _ reader: JSONReader) throws {
    guard isFirst else { throw fault(.duplicateField(reader.string(field)), reader) }
  }

  private func parseDType(_ reader: inout JSONReader) throws -> DType {
    let text = try reader.readString()
    guard let dtype = DType(rawValue: text) else { throw fault(.unknownDType(text), reader) }
    return dtype
  }

  /// Two integers, without an array to hold them: there are as many as tensors.
  private func parsePair(_ reader: inout JSONReader) throws -> (begin: Int, end: Int) {
    try reader.beginArray()
    guard try reader.nextElement() else { throw fault(.offsetCount, reader) }
    let begin = try reader.readUnsignedInteger()
    guard try reader.nextElement() else { throw fault(.offsetCount, reader) }
    let end = try reader.readUnsignedInteger()
    guard try !reader.nextElement() else { throw fault(.offsetCount, reader) }
    return (begin, end)
  }

  /// Appends the extents to those of the tensors before and returns where they stand.
  private func parseDimensions(_ reader: inout JSONReader, _ extents: inout [Int]) throws -> Range<UInt32> {
    let first = extents.count  // fewer than the bytes of a header, which a UInt32 counts
    try reader.beginArray()
    while try reader.nextElement() {
      guard extents.count - first < SafetensorsHeader.maximumRank else {
        throw fault(.tooManyDimensions, reader)
      }
      extents.append(try reader.readUnsignedInteger())
    }
    return UInt32(first)..<UInt32(extents.count)
  }
}

/// Collects the tensor names of a header, to find the first that is there twice.
private struct HeaderNames {
  private var bytes: [UInt8] = []
  private var borders: [UInt32] = [0]  // a header has at most 100,000,000 bytes
  /// Where each name stands, counted as the reader counts.
  private var offsets: [UInt32] = []
  /// Whether names that Unicode calls equivalent are the same bytes.
  private var isNormalized = true

  /// No names, and room for about so many.
  init(expectedCount: Int) {
    let usualByteCount = 32
    bytes.reserveCapacity(expectedCount * usualByteCount)
    borders.reserveCapacity(expectedCount + 1)
    offsets.reserveCapacity(expectedCount)
  }

  /// Adds the name that `reader` has just read; false, and no change, if a tensor may not be called so.
  mutating func append(_ name: JSONText, of reader: JSONReader) -> Bool {
    if let text = name.decoded {
      guard !text.utf8.contains(0) else { return false }
      var spelling = text.utf8Span
      isNormalized = isNormalized && spelling.checkForNFC(quickCheck: false)
    }
    let start = bytes.count
    reader.append(name, to: &bytes)
    guard bytes.count > start else { return false }
    borders.append(UInt32(bytes.count))
    offsets.append(UInt32(reader.tokenOffset))
    return true
  }

  /// All names by their bytes.
  func table() -> NameTable { NameTable(bytes, borders: borders) }

  /// The first name in `table`, which is ours, that occurs before it as well, perhaps in an equivalent spelling.
  func firstRepetition(in table: NameTable) -> (name: String, offset: Int)? {
    var seen: Set<String> = []
    let position =
      isNormalized ? table.firstRepetition : (0..<table.count).first { !seen.insert(table[$0]).inserted }
    return position.map { (table[$0], Int(offsets[$0])) }
  }
}
