// What is found out about numeric modes before they are used: whether products are right, and how fast they are.
internal import Glibc

/// Products whose result is known.
enum KnownProducts {
  /// a · b into c, as `NumericMode.multiply`.
  typealias Multiply = (
    MatrixPointer<Float>, MatrixPointer<Float>, ProductForm, ProductSize, UnsafeMutablePointer<Float>, Int
  ) -> Void

  /// Whether products of whole numbers are those of whole-number arithmetic, and nothing beside c is written.
  ///
  /// One factor has numbers of 12 bits, more than bf16 or tf32 hold, the other −1, 0 and 1; sums stay below 2²⁴, so that
  /// every order of sums in f32 gives the same. Sizes end in the middle of tiles.
  static func areRight(_ multiply: Multiply) -> Bool {
    let cases: [(form: ProductForm, size: ProductSize)] = [
      (.plain, ProductSize(m: 37, n: 65, k: 300)), (.rightTransposed, ProductSize(m: 70, n: 19, k: 517)),
      (.leftTransposed, ProductSize(m: 5, n: 9, k: 3)),
    ]
    return cases.allSatisfy { form, size in
      let wide = (0..<max(size.m, size.n) * size.k).map { Int32($0 * 2_654_435_761 % 8191 - 4095) }
      let narrow = wide.map { $0 % 2 }
      return unsafe isRight(wide, narrow, form, size, multiply) && isRight(narrow, wide, form, size, multiply)
    }
  }

  /// Whether the first elements of two arrays, as matrices, are multiplied rightly.
  private static func isRight(
    _ a: [Int32], _ b: [Int32], _ form: ProductForm, _ size: ProductSize, _ multiply: Multiply
  ) -> Bool {
    let (m, n, k) = (size.m, size.n, size.k)
    let strideA = form == .leftTransposed ? m : k, strideB = form == .rightTransposed ? k : n
    let stride = n + 3, untouched: Float = 0.5
    var c = [Float](repeating: untouched, count: m * stride)
    unsafe a.map { Float($0) }.withUnsafeBufferPointer { a in
      unsafe b.map { Float($0) }.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          unsafe multiply(
            MatrixPointer(base: a, stride: strideA), MatrixPointer(base: b, stride: strideB), form, size, c, stride)
        }
      }
    }
    return (0..<m).allSatisfy { row in
      (0..<stride).allSatisfy { column in
        guard column < n else { return c[row * stride + column] == untouched }
        var sum: Int32 = 0
        for p in 0..<k {
          sum +=
            a[form == .leftTransposed ? p * strideA + row : row * strideA + p]
            * b[form == .rightTransposed ? column * strideB + p : p * strideB + column]
        }
        return c[row * stride + column] == Float(sum)
      }
    }
  }
}

/// The speeds of the numeric modes on this machine, measured when made, in about 20 ms.
public struct NumericProbe: Sendable {
  /// How many times as fast as `exact` another mode must be to be taken unasked: less is no gain worth other bits,
  /// and two runs would seldom agree on it.
  public static let worthwhileGain = 1.1

  /// GFLOP/s of one worker in a linear layer's product with our kernels.
  public let exact: Double
  /// The same in bf16.
  public let bfloat16: Double
  /// The library and its GFLOP/s, or why there is none.
  public let openblas: Result<(library: OpenBLAS, speed: Double), KernelsError>

  /// Measures; the first time it loads OpenBLAS.
  public init() {
    do throws(KernelsError) {
      let library = try OpenBLAS.loaded()
      let speeds = Self.speeds([.exact, .bfloat16, .openblas(library)])
      self.init(exact: speeds[0], bfloat16: speeds[1], openblas: .success((library, speeds[2])))
    } catch {
      let speeds = Self.speeds([.exact, .bfloat16])
      self.init(exact: speeds[0], bfloat16: speeds[1], openblas: .failure(error))
    }
  }

  init(exact: Double, bfloat16: Double = 0, openblas: Result<(library: OpenBLAS, speed: Double), KernelsError>) {
    self.exact = exact
    self.bfloat16 = bfloat16
    self.openblas = openblas
  }

  /// What `auto` computes with.
  public var fasterMode: NumericMode {
    guard case .success(let openblas) = openblas, openblas.speed >= Self.worthwhileGain * exact else { return .exact }
    return .openblas(openblas.library)
  }

  /// GFLOP/s of each mode in a panel's product, `[192, 1024] · [256, 1024]ᵀ`: the best of several rounds, in turns, in this
  /// thread's own time, so that other work on the machine does not count.
  private static func speeds(_ modes: [NumericMode]) -> [Double] {
    let size = ProductSize(m: 192, n: 256, k: 1024), rounds = 5
    let a = [Float](repeating: 0.5, count: size.m * size.k), b = [Float](repeating: 0.25, count: size.n * size.k)
    let pairs = (
      a: PairedRows(a.span, rows: size.m, columns: size.k), b: PairedRows(b.span, rows: size.n, columns: size.k)
    )
    var c = [Float](repeating: 0, count: size.m * size.n)
    var best = [Double](repeating: .infinity, count: modes.count)
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          for _ in 0..<rounds {
            for (index, mode) in modes.enumerated() {
              let start = threadSeconds
              if case .bfloat16 = mode {
                unsafe BFloat16Products.multiply(pairs.a, pairs.b, .set, into: c, stride: size.n)
              } else {
                unsafe mode.multiply(
                  MatrixPointer(base: a, stride: size.k), MatrixPointer(base: b, stride: size.k), .rightTransposed,
                  size, into: c, stride: size.n)
              }
              best[index] = min(best[index], threadSeconds - start)
            }
          }
        }
      }
    }
    return best.map { 2e-9 * Double(size.m * size.n * size.k) / $0 }
  }

  /// This thread's own time.
  static var threadSeconds: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
