// Which rows of a large weight are taken, all or a sample of them.
import Calibration
import Testing

@Suite struct RowPanelsTests {
  @Test(arguments: [0, 1, 64, 1023, 5120, 27_648]) func `panels are all rows, in order`(count: Int) {
    #expect(RowPanels.of(count).flatMap(Array.init) == Array(0..<count))
  }

  @Test(arguments: [2049, 5120, 6000, 27_648]) func `a sample is spread from the first rows to the last`(count: Int) {
    let runs = RowPanels.some(of: count, atMost: 2048), rows = runs.flatMap(Array.init)
    #expect(rows.count == 2048 && Set(rows).count == 2048)
    #expect(rows == rows.sorted() && rows[0] == 0 && rows[2047] < count)
    // No gap is longer than an even spread leaves.
    let longest = zip(runs, runs.dropFirst()).map { $1.lowerBound - $0.lowerBound }.max() ?? 0
    #expect(longest <= count / 32 + 1 && count - rows[2047] <= count / 32 + 1)
  }

  @Test func `no more rows than there are`() {
    #expect(RowPanels.some(of: 100, atMost: 2048).flatMap(Array.init) == Array(0..<100))
  }
}
