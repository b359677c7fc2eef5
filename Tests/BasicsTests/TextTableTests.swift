// Columns of text.
import Basics
import Testing

@Suite struct TextTableTests {
  @Test func `columns are as wide as their widest cell, and lines end where their text ends`() {
    var table = TextTable(columns: [.left, .right, .left])
    table.add(["part", "size", ""])
    table.add(["é", "1.5 KiB", "█"])
    #expect(table.lines == ["part     size", "é     1.5 KiB  █"])
  }

  @Test func `a table without rows has no lines`() { #expect(TextTable(columns: [.left]).lines.isEmpty) }

  @Test func `roles change no width`() {
    var plain = TextTable(columns: [.right, .left]), styled = TextTable(columns: [.right, .left])
    for (name, mark) in [("mean KL", "0.2"), ("max", "")] {
      plain.add([name, mark])
      styled.add([StyledText(name, .warning), StyledText(mark, .bad)])
    }
    #expect(styled.lines == plain.lines && plain.lines == ["mean KL  0.2", "    max"])
    #expect(styled.styledLines.first == "\("mean KL", .warning)  \("0.2", .bad)")
  }

  @Test func `where there is no room, dispensable columns go in their order, then rows are split`() {
    var table = TextTable(columns: [.left, .right, .right, .left], dispensable: [3, 1])
    table.add(["name", "size", "share", "bar"])
    table.add(["layers.0.mlp", "1 MiB", "87 %", "███"])
    let whole = ["name           size  share  bar", "layers.0.mlp  1 MiB   87 %  ███"]
    for width in [nil, 31, 80] as [Int?] { #expect(table.styledLines(width: width).map(\.plain) == whole) }
    #expect(table.styledLines(width: 30).map(\.plain) == ["name           size  share", "layers.0.mlp  1 MiB   87 %"])
    #expect(table.styledLines(width: 25).map(\.plain) == ["name          share", "layers.0.mlp   87 %"])
    #expect(table.styledLines(width: 12).map(\.plain) == ["name", "  share", "layers.0.mlp", "   87 %"])
  }
}
