// Numbers for people, held to Foundation's rounding.
import Basics
import Foundation
import Testing

@Suite struct NumberTextTests {
  @Test func `numbers are rounded, not cut`() {
    #expect(0.55.fixed(2) == "0.55")
    #expect(1.005.fixed(1) == "1.0")
    #expect(0.996.fixed(2) == "1.00")
    #expect((-0.004).fixed(2) == "0.00")
    #expect(7.0.fixed(0) == "7")
  }

  @Test(arguments: 0...6) func `fixed is printf's on numbers that are no ties`(decimals: Int) {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let value = Double.random(in: -1...1, using: &generator) * pow(10, Double(Int.random(in: -3...6)))
      let expected = String(format: "%.\(decimals)f", value)
      let zero = expected.allSatisfy { "-0.".contains($0) }
      #expect(value.fixed(decimals) == (zero ? expected.replacingOccurrences(of: "-", with: "") : expected), "\(value)")
    }
  }

  @Test func `no value traps`() {
    for value in [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 1e300, -0.0] {
      for decimals in 0...6 { #expect(!value.fixed(decimals).isEmpty && !value.upTo(decimals).isEmpty) }
      #expect(!value.short.isEmpty && !Percentage.text(value, decimals: 2).isEmpty && !Seconds.text(value).isEmpty)
    }
    for count in [0, 1023, 1024, .max, .min] {
      #expect(!ByteCount.text(count).isEmpty && !Quantity.text(count).isEmpty)
    }
  }

  @Test(arguments: [
    (4.25, "4.25"), (4.2, "4.2"), (4, "4.0"), (0.999, "1.0"), (100.004, "100.0"), (-1.5, "-1.5"),
  ])
  func `zeros at the end are left out, but one behind the point`(value: Double, text: String) {
    #expect(value.upTo(2) == text)
  }

  @Test(arguments: [
    (0, "0"), (0.0312, "0.03120"), (3.81e-5, "3.81e-5"), (9.999e-5, "1.00e-4"), (151.2, "151.2"), (2.5, "2.500"),
    (-2.4e-7, "-2.40e-7"), (.nan, "nan"), (.infinity, "inf"),
  ])
  func `short numbers keep three digits or more`(value: Double, text: String) { #expect(value.short == text) }

  @Test(arguments: [
    (0.0442, 2, "4.42 %"), (0.87, 0, "87 %"), (0.005, 0, "1 %"), (10.1, 0, "> 1000 %"), (-11, 1, "< -1000 %"),
    (-0.001, 0, "0 %"), (.nan, 0, "n/a"),
  ])
  func `shares are percentages as long as they say something`(share: Double, decimals: Int, text: String) {
    #expect(Percentage.text(share, decimals: decimals) == text)
  }

  @Test(arguments: [
    (0, "0.0 s"), (8.15, "8.2 s"), (59.4, "59 s"), (200.3, "3 min 20 s"), (7_500, "2 h 5 min"), (1e10, "for ever"),
    (.nan, "for ever"),
  ])
  func `times are told in what they are counted in`(seconds: Double, text: String) {
    #expect(Seconds.text(seconds) == text)
  }

  @Test func `bytes and things have units of their own`() {
    #expect([931, 3_174, 30_601_641_984].map(ByteCount.text) == ["931 B", "3.1 KiB", "28.5 GiB"])
    #expect([931, 3_100, 38_400_000_000].map(Quantity.text) == ["931", "3.1 K", "38.4 B"])
  }
}
