// Metrics against torch and numpy (Scripts/golden/verification.py).
import Foundation
import JSON
import Safetensors
import Tensors
import Testing
import TestSupport
import Verification

@Suite struct OracleTests {
  /// Both sides compute in f64 from the same f32 logits; sums of 60 terms of magnitudes up to some hundreds.
  private static let tolerance = 1e-9

  @Test func `divergence, log probabilities and first choices equal torch's in f64`() throws {
    let golden = try SafetensorsFile(path: resource("tokens.safetensors"))
    let reference = try floats(golden, "reference"), quantized = try floats(golden, "quantized")
    let next: [Int32] = try values(golden, "next")
    let divergence: [Double] = try values(golden, "divergence")
    let ofReference: [Double] = try values(golden, "reference_log_probability")
    let ofQuantized: [Double] = try values(golden, "quantized_log_probability")
    let sameTop: [UInt8] = try values(golden, "same_top")
    for row in next.indices {
      let range = row * reference.rowWidth..<(row + 1) * reference.rowWidth
      let token = TokenStatistics(
        reference: reference.values[range], quantized: quantized.values[range], next: Int(next[row]),
        tokenClass: .answer, sample: 0)
      #expect(isClose(token.divergence, divergence[row]), "row \(row)")
      #expect(isClose(try #require(token.referenceLogProbability), ofReference[row]), "row \(row)")
      #expect(isClose(try #require(token.quantizedLogProbability), ofQuantized[row]), "row \(row)")
      #expect(token.hasSameTop == (sameTop[row] == 1), "row \(row)")
    }
    #expect(sameTop.contains(0) && sameTop.contains(1))
  }

  @Test func `percentiles, means and clustered standard errors equal numpy's`() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: resource("summaries.json")))
    for summary in try #require(try JSONValue(parsing: [UInt8](bytes)).arrayValue) {
      let values = try doubles(summary["values"])
      let distribution = Distribution(values, clusters: try doubles(summary["clusters"]).map { Int($0) })
      let percentiles = [distribution.median, distribution.p90, distribution.p99, distribution.p999]
      #expect(percentiles == (try doubles(summary["percentiles"])), "\(values.count) values")
      #expect(distribution.max == values.max() && distribution.count == values.count)
      #expect(isClose(distribution.estimate.mean, try #require(summary["mean"]?.doubleValue)))
      #expect(isClose(distribution.estimate.standardError, try #require(summary["standard_error"]?.doubleValue)))
    }
  }

  @Test func `NaN counts as infinite in percentiles`() {
    let values = [0.1, .nan, 0.2] + [Double](repeating: 0.3, count: 7)
    let distribution = Distribution(values, clusters: [Int](repeating: 0, count: values.count))
    #expect(distribution.median == 0.3 && distribution.p90 == 0.3)
    #expect(distribution.p99 == .infinity && distribution.max == .infinity)
  }

  @Test func `percentiles are the nearest rank for every count`() {
    // The rank ⌈share·n⌉ in whole numbers: a product in floating point must not step over it.
    for count in 1...2500 {
      let distribution = Distribution((1...count).map(Double.init), clusters: [Int](repeating: 0, count: count))
      #expect(distribution.median == Double((count + 1) / 2), "\(count)")
      #expect(distribution.p90 == Double((9 * count + 9) / 10), "\(count)")
      #expect(distribution.p99 == Double((99 * count + 99) / 100), "\(count)")
      #expect(distribution.p999 == Double((999 * count + 999) / 1000), "\(count)")
    }
  }

  private func isClose(_ found: Double, _ expected: Double) -> Bool {
    abs(found - expected) <= Self.tolerance * max(1, abs(expected))
  }

  private func doubles(_ list: JSONValue?) throws -> [Double] {
    let list = try #require(list?.arrayValue)
    return try list.map { value in try #require(value.doubleValue) }
  }

  private func floats(_ file: SafetensorsFile, _ name: String) throws -> Tensor {
    Tensor(shape: try file.tensor(name).info.shape, values: try values(file, name))
  }

  private func values<Value: BitwiseCopyable>(_ file: SafetensorsFile, _ name: String) throws -> [Value] {
    let view = try file.tensor(name)
    return view.withBytes { bytes in
      (0..<view.info.shape.elementCount).map {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self)
      }
    }
  }

  private func resource(_ name: String) -> String { Bundle.module.bundlePath + "/Resources/" + name }
}
