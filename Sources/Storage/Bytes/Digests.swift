// Digests of bytes: SHA-256 (FIPS 180-4) by libcrypto, which uses the CPU's SHA instructions where there are
// any, says what they are; XXH3-64 by libxxhash says whether they are intact, at the speed of memory and with
// no defence against intent.
import CCrypto
import CXXHash

/// A SHA-256 digest.
public struct SHA256Digest: Sendable, CustomStringConvertible {
  /// Held in place: an index may have a million digests.
  private var storage = InlineArray<32, UInt8>(repeating: 0)

  /// A digest of zeros, where the true one is not known yet.
  public init() {}

  /// A digest read from a file.
  /// - Throws: `StorageError.endOfBytes` if there are fewer than 32 bytes.
  public init(reading record: inout ByteReader) throws(StorageError) {
    self.init(try record.readBytes(SHA256Digest.byteCount))
  }

  /// The digest that is these 32 bytes.
  public init(_ bytes: RawSpan) {
    precondition(bytes.byteCount == SHA256Digest.byteCount, "a digest has 32 bytes")
    storage = unsafe bytes.unsafeLoadUnaligned(as: InlineArray<32, UInt8>.self)  // any bits are one
  }

  /// A digest from its 64 hexadecimal digits; nil for anything else.
  public init?(hexadecimal text: String) {
    guard text.utf8.count == 2 * SHA256Digest.byteCount else { return nil }
    var bytes: [UInt8] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      guard rest.utf8.first != UInt8(ascii: "+"), let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    self.init()
    for index in storage.indices { storage[index] = bytes[index] }
  }

  /// The digest that `context` has come to.
  fileprivate init(finishing context: OpaquePointer) {
    var bytes = storage.mutableSpan
    let status = unsafe bytes.withUnsafeMutableBufferPointer { unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil) }
    precondition(status == 1, "libcrypto failed to hash")
  }

  /// 32 bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get { unsafe storage.span.bytes }
  }

  public static let byteCount = 32

  /// 64 lowercase hexadecimal digits.
  public var description: String {
    storage.indices.map { (storage[$0] < 16 ? "0" : "") + String(storage[$0], radix: 16) }.joined()
  }
}

extension SHA256Digest: Hashable {
  public static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
    left.storage.indices.allSatisfy { left.storage[$0] == right.storage[$0] }
  }

  public func hash(into hasher: inout Hasher) {
    for index in storage.indices { hasher.combine(storage[index]) }
  }
}

/// Computes a SHA-256 digest over bytes given in pieces.
@safe public struct SHA256Hasher: ~Copyable {
  private let context: OpaquePointer

  /// From a library context of our own, which no openssl.cnf can leave without SHA-256.
  private nonisolated(unsafe) static let algorithm = unsafe EVP_MD_fetch(OSSL_LIB_CTX_new(), "SHA256", nil)

  public init() {
    // Fails only without memory.
    guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, SHA256Hasher.algorithm, nil) == 1
    else { preconditionFailure("libcrypto offers no SHA-256") }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  public mutating func update(_ bytes: RawSpan) {
    let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(status == 1, "libcrypto failed to hash")
  }

  public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

  /// The digest of all bytes seen so far; more may follow.
  public var current: SHA256Digest {
    let copy = SHA256Hasher()
    let status = unsafe EVP_MD_CTX_copy_ex(copy.context, context)
    precondition(status == 1, "libcrypto failed to copy")
    return copy.finalize()
  }

  /// The digest of all bytes seen.
  public consuming func finalize() -> SHA256Digest { unsafe SHA256Digest(finishing: context) }

  public static func hash(_ bytes: RawSpan) -> SHA256Digest {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finalize()
  }

  public static func hash(_ bytes: [UInt8]) -> SHA256Digest { unsafe hash(bytes.span.bytes) }
}

/// Computes an XXH3-64 checksum, seed 0, over bytes given in pieces.
@safe public struct XXH3Hasher: ~Copyable {
  private let state: OpaquePointer

  public init() {
    guard let state = unsafe XXH3_createState(), unsafe XXH3_64bits_reset(state) == XXH_OK else {
      preconditionFailure("out of memory")  // as Swift itself does
    }
    unsafe self.state = state
  }

  deinit { _ = unsafe XXH3_freeState(state) }

  public mutating func update(_ bytes: RawSpan) {
    let status = unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits_update(state, $0.baseAddress, $0.count) }
    precondition(status == XXH_OK, "libxxhash refuses only a null pointer")
  }

  public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

  /// The checksum of all bytes seen.
  public consuming func finalize() -> UInt64 { unsafe XXH3_64bits_digest(state) }

  public static func hash(_ bytes: RawSpan) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
  }

  public static func hash(_ bytes: [UInt8]) -> UInt64 { unsafe hash(bytes.span.bytes) }
}
