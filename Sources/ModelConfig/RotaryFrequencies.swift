// Rotary frequencies and their scaling with length, after transformers 5's `modeling_rope_utils.py`.
import Glibc

/// How rotary frequencies change with the sequence length.
public enum RopeScaling: Sendable, Equatable {
  /// Plain rotary embedding at every length.
  case none
  /// Dynamic NTK: beyond the trained length L, theta grows by `factor`·length/L − (factor − 1), to the power d/(d−2).
  case dynamic(factor: Double)
  /// Llama 3.1's frequency-dependent interpolation.
  case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalLength: Int)
  /// All positions divided by `factor`.
  case linear(factor: Double)
}

extension TextConfig {
  /// `[headDim / 2]`, radians per position, in a sequence of `length` tokens. Rounded where the reference rounds.
  package func rotaryFrequencies(length: Int) -> [Float] {
    let plain = plainFrequencies(base: rotaryBase(length: length))
    switch ropeScaling {
    case .none, .dynamic: return plain
    case .linear(let factor): return plain.map { $0 / Float(factor) }
    case .llama3(let factor, let low, let high, let originalLength):
      return plain.map {
        TextConfig.llama3($0, factor: Float(factor), low: Float(low), high: Float(high), length: Float(originalLength))
      }
    }
  }

  /// `[headDim / 2]`, what Llama 3.1's scaling divides each plain frequency by; nil for other scalings.
  public var llama3Divisors: [Float]? {
    guard case .llama3 = ropeScaling else { return nil }
    return zip(plainFrequencies(base: ropeTheta), rotaryFrequencies(length: 1)).map { $0 / $1 }
  }

  private func plainFrequencies(base: Double) -> [Float] {
    stride(from: 0, to: headDim, by: 2).map { 1 / Float(pow(base, Double(Float($0) / Float(headDim)))) }
  }

  private func rotaryBase(length: Int) -> Double {
    guard case .dynamic(let factor) = ropeScaling, length > maxPositions else { return ropeTheta }
    let growth = factor * Double(length) / Double(maxPositions) - (factor - 1)
    return ropeTheta * pow(growth, Double(headDim) / Double(headDim - 2))
  }

  /// Wavelengths up to length/high stay, those from length/low on stretch by `factor`, those between blend.
  private static func llama3(_ frequency: Float, factor: Float, low: Float, high: Float, length: Float) -> Float {
    let wavelength = 2 * Float.pi / frequency
    if wavelength < length / high { return frequency }
    if wavelength > length / low { return frequency / factor }
    let blend = (length / wavelength - low) / (high - low)
    return (1 - blend) * frequency / factor + blend * frequency
  }
}
