// Rotary frequencies in a sequence of some length, after transformers 5's `modeling_rope_utils.py`.
import Glibc

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
    case .yarn(let yarn): return yarnFrequencies(yarn)
    case .longrope(let scaling):
      let factors = length > scaling.originalLength ? scaling.longFactors : scaling.shortFactors
      return zip(factors, wavelengths(base: ropeTheta)).map { 1 / (Float($0) * $1) }
    }
  }

  /// What cosines and sines are multiplied by.
  package var rotaryAttentionFactor: Float {
    switch ropeScaling {
    case .none, .dynamic, .linear, .llama3: 1
    case .yarn(let yarn): Float(yarn.attentionFactor)
    case .longrope(let scaling): Float(scaling.attentionFactor)
    }
  }

  /// `[headDim / 2]`, what Llama 3.1's scaling divides each plain frequency by; nil for other scalings.
  public var llama3Divisors: [Float]? {
    guard case .llama3 = ropeScaling else { return nil }
    return zip(plainFrequencies(base: ropeTheta), rotaryFrequencies(length: 1)).map { $0 / $1 }
  }

  private func plainFrequencies(base: Double) -> [Float] { wavelengths(base: base).map { 1 / $0 } }

  /// `[headDim / 2]`, positions per radian.
  private func wavelengths(base: Double) -> [Float] {
    stride(from: 0, to: headDim, by: 2).map { Float(pow(base, Double(Float($0) / Float(headDim)))) }
  }

  /// Plain frequencies up to one dimension, divided ones from another one on, and a blend between.
  private func yarnFrequencies(_ yarn: YarnScaling) -> [Float] {
    func dimension(rotations: Double) -> Double {
      Double(headDim) * log(Double(yarn.originalLength) / (rotations * 2 * .pi)) / (2 * log(ropeTheta))
    }
    var low = dimension(rotations: yarn.betaFast), high = dimension(rotations: yarn.betaSlow)
    if yarn.truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(headDim - 1)))
    if low == high { high += 0.001 }
    return wavelengths(base: ropeTheta).enumerated().map { index, wavelength in
      let ramp = min(max((Float(index) - Float(low)) / Float(high - low), 0), 1)
      let kept = 1 - ramp
      return 1 / (Float(yarn.factor) * wavelength) * (1 - kept) + 1 / wavelength * kept
    }
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
