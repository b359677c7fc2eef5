// The seam for matrix products: what they are made with is a value that a model carries, so that whoever reports a
// result can say what it came from. Formats/quantization.md, "What the processor changes".
internal import CKernels
internal import Glibc

/// What the single-precision products of a forward pass are made with.
///
/// Each mode gives the same bits for any number of threads. A further one is a case here, and the compiler names
/// every place that has to know it.
public enum NumericMode: Sendable {
  /// The kernels of gemm.c: the same bits on every processor. Searches and sums of calibration know no other.
  case exact
  /// Linears in bf16 as `BFloat16Products` makes them, the same bits on every processor; attention as in `exact`, and so
  /// are dot products (`DotProducts`).
  case bfloat16
  /// OpenBLAS: bits that depend on its version and on the core it takes this processor for. Dot products
  /// (`DotProducts`) stay ours.
  case openblas(OpenBLAS)

  /// Whether a row's bits are the same whichever rows are multiplied along with it.
  public var keepsRowsApart: Bool {
    switch self {
    case .exact, .bfloat16: true
    case .openblas: false
    }
  }

  /// All that decides the last digits of results, for recipes and reports: `exact, AVX2, glibc 2.36`,
  /// `bf16 in pairs, AVX2, glibc 2.36`, `OpenBLAS 0.3.21 SkylakeX, AVX2, glibc 2.36`. A run that goes on with another
  /// one's work must have the same.
  ///
  /// The instruction set is that of softmax and SiLU, where AVX-512 gives the bits of AVX2; exp, sine and the like come
  /// from the C library.
  public var name: String { [products, Self.instructionSet, Self.libraryVersion].joined(separator: ", ") }

  /// What makes the products: `exact`, `bf16 in pairs`, which is the order of their sums, or `OpenBLAS 0.3.21 SkylakeX`.
  fileprivate var products: String {
    switch self {
    case .exact: "exact"
    case .bfloat16: "bf16 in pairs"
    case .openblas(let library): library.description
    }
  }

  /// The best instruction set that our products have on this processor; all of them give the same bits.
  public static var productInstructionSet: String { unsafe String(cString: ck_gemm_instruction_set()) }

  /// The same of products in bf16.
  public static var bfloat16InstructionSet: String { unsafe String(cString: ck_gemm_bf16_instruction_set()) }

  private static var instructionSet: String { unsafe String(cString: ck_instruction_set()) }

  private static var libraryVersion: String {
    let key = Int32(_CS_GNU_LIBC_VERSION)
    var text = [CChar](repeating: 0, count: 64)
    let size = unsafe confstr(key, &text, text.count)
    return String(decoding: text.prefix(max(0, min(size, text.count) - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// c, `[m, n]` with `stride` elements from row to row, = a · b on this thread, in single precision: in `bfloat16` this is
  /// for products that are none of linears. Which rows and columns make one call is the caller's to fix, whatever the
  /// number of threads: a mode's bits may depend on it.
  func multiply(
    _ a: MatrixPointer<Float>, _ b: MatrixPointer<Float>, _ form: ProductForm, _ size: ProductSize,
    into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    switch self {
    case .exact, .bfloat16: unsafe Gemm.multiply(a, b, form, size, into: c, stride: stride)
    case .openblas(let library): unsafe library.multiply(a, b, form, size, into: c, stride: stride)
    }
  }
}

/// What a user asks for.
public enum NumericModeChoice: String, CaseIterable, Sendable {
  /// What `NumericProbe` finds to be the faster one.
  case auto
  /// Our kernels.
  case exact
  /// Our kernels with linears in bf16.
  case bf16
  /// OpenBLAS, faster or not.
  case openblas

  /// The mode to compute with.
  /// - Throws: `KernelsError.openBLASUnavailable` if nothing but OpenBLAS will do.
  public func mode() throws(KernelsError) -> NumericMode {
    switch self {
    case .auto: NumericProbe().fasterMode
    case .exact: .exact
    case .bf16: .bfloat16
    case .openblas: .openblas(try OpenBLAS.loaded())
    }
  }
}

/// The modes that give the same bits on every processor.
public enum ReproducibleMode: String, CaseIterable, Sendable {
  /// `NumericMode.exact`.
  case exact
  /// `NumericMode.bfloat16`.
  case bf16

  /// The mode to compute with.
  public var mode: NumericMode {
    switch self {
    case .exact: .exact
    case .bf16: .bfloat16
    }
  }

  /// The one that a `NumericMode.name` names, on this machine or another; nil if it names none of these.
  public init?(named name: String) {
    guard let found = Self.allCases.first(where: { name.hasPrefix($0.mode.products + ",") }) else { return nil }
    self = found
  }
}
