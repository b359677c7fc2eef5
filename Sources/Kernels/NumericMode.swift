// What of the machine decides the last digits of results; Formats/quantization.md, "What the processor
// changes".
internal import CKernels
internal import Glibc

/// The arithmetic that results come from: a run that goes on with another one's work must have the same.
public enum NumericMode {
  /// `AVX2, glibc 2.36`: the kernels, and the library that exp, sine and the like come from. AVX-512 gives
  /// the bits of AVX2.
  public static var name: String { unsafe String(cString: ck_instruction_set()) + ", " + libraryVersion }

  private static var libraryVersion: String {
    let key = Int32(_CS_GNU_LIBC_VERSION)
    var text = [CChar](repeating: 0, count: 64)
    let size = unsafe confstr(key, &text, text.count)
    return String(decoding: text.prefix(max(0, min(size, text.count) - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
