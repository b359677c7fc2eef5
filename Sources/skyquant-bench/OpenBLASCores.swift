// OpenBLAS as the measure of products. It takes its kernels by the processor, when it is loaded, and for one that it does
// not know the wrong ones: each kind is tried in a process of its own.
import Basics
import Glibc

/// What OpenBLAS can do here.
struct OpenBLASCores {
  /// The kernels that are fastest.
  let core: String
  /// Operations a second, by `Work.shape`.
  let rates: [String: Double]

  /// Kinds of kernels for x86 that a processor of the last ten years may run.
  private static let cores = ["Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids"]

  /// The fastest at the first product; nil if there is no OpenBLAS, or no product to be measured.
  static func best(threads: Int, only: String?) -> OpenBLASCores? {
    let probe = Work.all.first(where: \.hasPeer).map(\.name)
    let tried = cores.compactMap { core in child(core, threads, only: probe).map { (core, $0) } }
    let best = tried.max { ($0.1.values.first ?? 0) < ($1.1.values.first ?? 0) }
    guard let core = best?.0, let rates = child(core, threads, only: only) else { return nil }
    return OpenBLASCores(core: core, rates: rates)
  }

  /// What a process with that kind of kernels measures; nil if it did not come to its end, as on a processor without the
  /// instructions.
  private static func child(_ core: String, _ threads: Int, only: String?) -> [String: Double]? {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &path, path.count)
    guard count > 0 else { return nil }
    let program = String(decoding: path.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let arguments = ["--openblas-speeds", "--threads", "\(threads)"] + (only.map { ["--only", $0] } ?? [])
    let command =
      "OPENBLAS_CORETYPE=\(core) OPENBLAS_NUM_THREADS=\(threads) "
      + ([program] + arguments).map(\.shellWord).joined(separator: " ") + " 2>/dev/null"
    guard let pipe = unsafe popen(command, "r") else { return nil }
    var rates: [String: Double] = [:], line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, Int32(line.count), pipe) != nil {
      let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let parts = text.split(separator: "\t").map(String.init)
      if parts.count == 2, let rate = Double(parts[1]) { rates[parts[0]] = rate }
    }
    return unsafe pclose(pipe) == 0 ? rates : nil
  }
}

/// The process that measures: a line `shape<tab>operations a second` for each product.
enum OpenBLASChild {
  private typealias Sgemm =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32, Float,
      UnsafeMutablePointer<Float>, Int32
    ) -> Void
  private typealias Ssyrk =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void
  private static let rowMajor: Int32 = 101, plain: Int32 = 111, transposed: Int32 = 112, upper: Int32 = 121

  static func run(_ works: [Work]) throws {
    guard let library = unsafe dlopen("libopenblas.so.0", RTLD_NOW),
      let sgemm = unsafe dlsym(library, "cblas_sgemm"), let ssyrk = unsafe dlsym(library, "cblas_ssyrk")
    else { throw BenchError.noOpenBLAS }
    let multiply = unsafe unsafeBitCast(sgemm, to: Sgemm.self), square = unsafe unsafeBitCast(ssyrk, to: Ssyrk.self)
    var shapes: Set<String> = []
    for work in works where shapes.insert(work.shape).inserted {
      switch work.kind {
      case .linear(let tokens, let layer, _):
        let rows = Work.measuredRows(layer, tokens: tokens), columns = Int32(layer.columns)
        let x = Numbers.floats(tokens * layer.columns), w = Numbers.floats(rows * layer.columns)
        var y = [Float](repeating: 0, count: tokens * rows)
        let seconds = bestSeconds {
          unsafe multiply(
            rowMajor, plain, transposed, Int32(tokens), Int32(rows), columns, 1, x, columns, w, columns, 0, &y,
            Int32(rows))
        }
        print("\(work.shape)\t\(Work.operations(tokens: tokens, layer) / seconds)")
      case .gram(let size, let tokens):
        let x = Numbers.floats(tokens * size)
        var sums = [Float](repeating: 0, count: size * size)
        let seconds = bestSeconds {
          unsafe square(
            rowMajor, upper, transposed, Int32(size), Int32(tokens), 1, x, Int32(size), 1, &sums, Int32(size))
        }
        print("\(work.shape)\t\(Work.operations(tokens: tokens, size: size) / seconds)")
      case .next, .rounding, .inverseFactor: break
      }
    }
  }
}

enum BenchError: Error { case noOpenBLAS }
