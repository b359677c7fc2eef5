// How fast codes are found.
import Kernels

/// A kernel that finds codes, under a Hessian whose features hardly correlate.
enum RoundingWork: String, CaseIterable {
  case nearest = "round to nearest"
  case errorFeedback = "error feedback"
  case descent = "coordinate descent"

  /// As many as one worker takes together, or two.
  static let rows = 128

  private static let scale: Float = 0.1

  /// Weights whose codes are found in a second.
  func weightsPerSecond(columns: Int) -> Double {
    let groupSize = columns % 128 == 0 ? 128 : 64, groups = Self.rows * columns / groupSize
    let scales = [Float](repeating: Self.scale, count: groups), zeros = [Float](repeating: 8, count: groups)
    let weights = Numbers.floats(Self.rows * columns), hessian = Self.hessian(columns)
    let seconds: Double
    switch self {
    case .nearest:
      var values = weights
      seconds = bestSeconds {
        LevelRounding.round(&values, scales: scales, zeros: zeros, groupSize: groupSize, maxCode: 15)
      }
    case .errorFeedback:
      let scales = [Float](repeating: Self.scale, count: weights.count)
      let zeros = [Float](repeating: 8, count: weights.count)
      seconds = bestSeconds {
        var panel = weights
        _ = ErrorFeedbackRounding.codes(
          panel: &panel, upper: hessian, scales: scales, zeros: zeros, columns: columns, lanes: Self.rows, maxCode: 15)
      }
    case .descent:
      // Slopes that move about a code in eight.
      let slopes = weights.map { $0 * 0.57 * Self.scale }
      seconds = bestSeconds {
        var codes = [UInt8](repeating: 8, count: weights.count), gradient = slopes
        _ = LevelRounding.descend(
          codes: &codes, gradient: &gradient, gram: hessian, scales: scales, zeros: zeros, columns: columns,
          groupSize: groupSize, maxCode: 15)
      }
    }
    return Double(weights.count) / seconds
  }

  private static func hessian(_ size: Int) -> [Float] {
    var values = [Float](repeating: 0.0001, count: size * size)
    for index in 0..<size { values[index * size + index] = 1 }
    return values
  }
}
