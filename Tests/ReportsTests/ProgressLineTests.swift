import Reports
import Testing

@Suite struct ProgressLineTests {
  private let line = ProgressLine(
    share: 0.25, label: "layer 3 q,k,v", count: "3 of 64 layers", left: 3725, memory: 3 << 30)

  @Test func `a wide terminal gets all of it`() {
    #expect(
      line.text(columns: 100)
        == "██████░░░░░░░░░░░░░░░░░░ 25 % · layer 3 q,k,v · 1 h 2 min left · 3 of 64 layers · 3.0 GiB")
    #expect(line.text == "25 % · layer 3 q,k,v · 1 h 2 min left · 3 of 64 layers · 3.0 GiB")
  }

  @Test func `no line is wider than its terminal, and the label stays as long as there is room`() {
    for columns in 0...120 {
      let text = line.text(columns: columns)
      #expect(text.count <= columns)
      if columns >= 30 { #expect(text.contains("25 % · layer 3 q,k,v"), "\(columns): \(text)") }
      if columns >= 50 { #expect(text.contains("1 h 2 min left"), "\(columns): \(text)") }
    }
    #expect(line.text(columns: 9) == "25 % · la")
  }

  @Test func `a share out of range fills or empties the bar`() {
    #expect(ProgressLine(share: 1.5, label: "x").text(columns: 40).prefix(24) == String(repeating: "█", count: 24)[...])
    #expect(ProgressLine(share: -1, label: "x").text(columns: 40).prefix(24) == String(repeating: "░", count: 24)[...])
  }
}
