// Numbers that scipy and statsmodels wrote (Scripts/golden/paired_statistics.py).
import Foundation
import JSON
import PairedStatistics

struct Expectations {
  private let document: JSONValue

  init() throws {
    let path = Bundle.module.bundlePath + "/Resources/statistics.json"
    document = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path))))
  }

  /// The cases of one kind.
  func cases(_ kind: String) -> [JSONValue] { document[kind]?.arrayValue ?? [] }

  /// A part that is no list.
  subscript(_ key: String) -> JSONValue { document[key] ?? .null }
}

extension JSONValue {
  /// A number; NaN, which equals nothing, if there is none.
  func number(_ key: String) -> Double { self[key]?.doubleValue ?? .nan }
  func int(_ key: String) -> Int { self[key]?.intValue ?? -1 }
  func numbers(_ key: String) -> [Double] { self[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
  func interval(_ key: String) -> Interval {
    let ends = numbers(key)
    return ends.count == 2 ? Interval(ends[0], ends[1]) : Interval(.nan, .nan)
  }
}

/// Equal to the precision that two libraries of double arithmetic agree to.
func agree(_ left: Double, _ right: Double, tolerance: Double = 1e-9) -> Bool {
  abs(left - right) <= tolerance * max(1, abs(right))
}

func agree(_ left: Interval, _ right: Interval) -> Bool {
  agree(left.lower, right.lower) && agree(left.upper, right.upper)
}

extension PairedSample {
  /// Independent decisions with these counts.
  init(lost: Int, gained: Int, both: Int, neither: Int) {
    func scores(_ lostScore: Double, _ gainedScore: Double) -> [Double] {
      Array(repeating: lostScore, count: lost) + Array(repeating: gainedScore, count: gained)
        + Array(repeating: 1, count: both) + Array(repeating: 0, count: neither)
    }
    self.init(original: scores(1, 0), candidate: scores(0, 1))
  }
}
