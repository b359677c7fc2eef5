// SHA-256 (FIPS 180-4) by libcrypto, which uses the CPU's SHA instructions where there are any.
import CCrypto

/// A SHA-256 digest.
public struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
  /// 32 bytes.
  public let bytes: [UInt8]

  /// A digest read from a file; nil if there are not 32 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == SHA256Digest.byteCount else { return nil }
    self.bytes = bytes
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
    self.init(bytes)
  }

  fileprivate init(hashed bytes: [UInt8]) { self.bytes = bytes }

  /// Bytes of a digest.
  public static let byteCount = 32

  /// 64 lowercase hexadecimal digits.
  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// Computes a SHA-256 digest over bytes given in pieces.
@safe public struct SHA256Hasher: ~Copyable {
  private let context: OpaquePointer

  /// A hasher that has seen nothing.
  public init() {
    // Fails only without memory or with a libcrypto configured to forbid SHA-256: nothing a caller could mend.
    guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto offers no SHA-256")
    }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Appends all of `bytes` to what is hashed.
  public mutating func update(_ bytes: RawSpan) {
    let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(status == 1, "libcrypto failed to hash")
  }

  /// Appends all of `bytes` to what is hashed.
  public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

  /// The digest of all bytes seen so far; more may follow.
  public var current: SHA256Digest {
    let copy = SHA256Hasher()
    let status = unsafe EVP_MD_CTX_copy_ex(copy.context, context)
    precondition(status == 1, "libcrypto failed to copy")
    return copy.finalize()
  }

  /// The digest of all bytes seen.
  public consuming func finalize() -> SHA256Digest {
    let digest = unsafe [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { buffer, count in
      let status = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(status == 1, "libcrypto failed to hash")
      count = SHA256Digest.byteCount
    }
    return SHA256Digest(hashed: digest)
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: RawSpan) -> SHA256Digest {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finalize()
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> SHA256Digest { unsafe hash(bytes.span.bytes) }
}
