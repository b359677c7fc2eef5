// OpenBLAS, loaded when asked for. Linked, it would start its threads and take its buffers in every process before
// main; loaded, it can be told first that each of our workers computes alone.
//
// It is trusted for nothing unmeasured: a version that does not know a processor takes kernels that any has (0.3.21 takes
// Prescott's, of 2004, on Intel's newer ones), and `NumericProbe` finds that out.
internal import Glibc

/// The library, loaded, of the right kind, with buffers for all workers and right about known products.
///
/// It is called from many threads at once, which the pthread build allows; each call runs on its own thread.
@safe public final class OpenBLAS: Sendable, CustomStringConvertible {
  /// As the library says: `0.3.21`.
  public let version: String
  /// The kernels it has taken: `SkylakeX`. The environment's OPENBLAS_CORETYPE makes it take others.
  public let core: String
  private let sgemm: Sgemm

  /// cblas_sgemm with 32-bit sizes.
  fileprivate typealias Sgemm =
    @Sendable @convention(c) (
      _ order: Int32, _ transA: Int32, _ transB: Int32, _ m: Int32, _ n: Int32, _ k: Int32, _ alpha: Float,
      _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>, _ ldb: Int32, _ beta: Float,
      _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
    ) -> Void

  private static let result = Result { () throws(KernelsError) in try OpenBLAS() }

  /// The library of this process; the first call loads it and may set the environment's OPENBLAS_NUM_THREADS.
  /// - Throws: `KernelsError.openBLASUnavailable`.
  public static func loaded() throws(KernelsError) -> OpenBLAS { try result.get() }

  /// `OpenBLAS 0.3.21 SkylakeX`.
  public var description: String { "OpenBLAS \(version) \(core)" }

  private init() throws(KernelsError) {
    let workers = Parallel.threadCount
    guard unsafe setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0, let library = OpenBLASLibrary() else {
      throw .openBLASUnavailable(reason: "\(OpenBLASLibrary.name) cannot be loaded; install libopenblas0-pthread")
    }
    guard let configuration = library.text("openblas_get_config"),
      let core = library.text("openblas_get_corename"),
      let sgemm = unsafe library.function("cblas_sgemm", as: Sgemm.self)
    else { throw .openBLASUnavailable(reason: "\(OpenBLASLibrary.name) lacks functions of OpenBLAS") }
    let words = configuration.split(separator: " ").map(String.init)
    version = words.count > 1 ? words[1] : "of unknown version"
    self.core = core
    unsafe self.sgemm = sgemm
    guard library.isPthreadBuild, !words.contains("USE64BITINT") else {
      throw .openBLASUnavailable(reason: "\(OpenBLASLibrary.name) is no pthread build; install libopenblas0-pthread")
    }
    guard library.reserveBuffers(workers) else {
      throw .openBLASUnavailable(reason: "no address space for the buffers of \(workers) threads, 128 MiB each")
    }
    guard unsafe KnownProducts.areRight({ unsafe self.multiply($0, $1, $2, $3, into: $4, stride: $5) }) else {
      throw .openBLASUnavailable(reason: "\(self) multiplies whole numbers wrongly; try another OPENBLAS_CORETYPE")
    }
  }

  /// c = a · b; see `NumericMode.multiply`. Sizes beyond 32 bits go to our kernels.
  func multiply(
    _ a: MatrixPointer<Float>, _ b: MatrixPointer<Float>, _ form: ProductForm, _ size: ProductSize,
    into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let rowMajor: Int32 = 101, plain: Int32 = 111, transposed: Int32 = 112
    guard let m = Int32(exactly: size.m), let n = Int32(exactly: size.n), let k = Int32(exactly: size.k),
      let lda = Int32(exactly: a.stride), let ldb = Int32(exactly: b.stride), let ldc = Int32(exactly: stride)
    else { return unsafe Gemm.multiply(a, b, form, size, into: c, stride: stride) }
    unsafe sgemm(
      rowMajor, form == .leftTransposed ? transposed : plain, form == .rightTransposed ? transposed : plain, m, n, k, 1,
      a.base, lda, b.base, ldb, 0, c, ldc)
  }
}

/// The shared object and its symbols. It stays loaded.
@safe private struct OpenBLASLibrary {
  static let name = "libopenblas.so.0"
  /// What one call takes for packed factors, x86's largest; untouched pages cost nothing but address space.
  private static let bufferByteCount = 130 << 20

  private let handle: UnsafeMutableRawPointer

  init?() {
    guard let handle = unsafe dlopen(Self.name, RTLD_NOW | RTLD_LOCAL) else { return nil }
    unsafe self.handle = handle
  }

  func function<Function>(_ name: String, as type: Function.Type) -> Function? {
    unsafe dlsym(handle, name).map { unsafe unsafeBitCast($0, to: type) }
  }

  /// What a function without arguments says.
  func text(_ name: String) -> String? {
    unsafe function(name, as: (@convention(c) () -> UnsafePointer<CChar>?).self)?().map { unsafe String(cString: $0) }
  }

  /// Whether calls from several threads are safe, and none starts threads of its own.
  var isPthreadBuild: Bool {
    guard let parallel = function("openblas_get_parallel", as: (@convention(c) () -> Int32).self),
      let setThreads = function("openblas_set_num_threads", as: (@convention(c) (Int32) -> Void).self)
    else { return false }
    // For a process that had linked the library.
    setThreads(1)
    return parallel() == 1
  }

  /// Has the library take the buffers of `count` threads, which it then keeps: where it gets none in the middle of a
  /// product, it asks for ever.
  func reserveBuffers(_ count: Int) -> Bool {
    let (size, overflows) = count.multipliedReportingOverflow(by: Self.bufferByteCount)
    guard !overflows,
      let take = unsafe function(
        "blas_memory_alloc", as: (@convention(c) (Int32) -> UnsafeMutableRawPointer?).self),
      let release = unsafe function("blas_memory_free", as: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self),
      let trial = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      unsafe trial != MAP_FAILED
    else { return false }
    unsafe munmap(trial, size)
    let buffers = unsafe (0..<count).map { _ in unsafe take(0) }
    for index in 0..<count { unsafe release(buffers[index]) }
    return unsafe buffers.allSatisfy { unsafe $0 != nil }
  }
}
