// XXH3-64 by libxxhash: whether a range of bytes is intact, at the speed of memory. No defence against intent.
import CXXHash

/// Computes an XXH3-64 checksum, seed 0, over bytes given in pieces.
@safe public struct XXH3Hasher: ~Copyable {
  private let state: OpaquePointer

  /// A hasher that has seen nothing.
  public init() {
    guard let state = unsafe XXH3_createState(), unsafe XXH3_64bits_reset(state) == XXH_OK else {
      preconditionFailure("out of memory")  // as Swift itself does
    }
    unsafe self.state = state
  }

  deinit { _ = unsafe XXH3_freeState(state) }

  /// Appends all of `bytes` to what is summed.
  public mutating func update(_ bytes: RawSpan) {
    let status = unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits_update(state, $0.baseAddress, $0.count) }
    precondition(status == XXH_OK, "libxxhash refuses only a null pointer")
  }

  /// Appends all of `bytes` to what is summed.
  public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

  /// The checksum of all bytes seen.
  public consuming func finalize() -> UInt64 { unsafe XXH3_64bits_digest(state) }

  /// The checksum of `bytes`.
  public static func hash(_ bytes: RawSpan) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
  }

  /// The checksum of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> UInt64 { unsafe hash(bytes.span.bytes) }
}
