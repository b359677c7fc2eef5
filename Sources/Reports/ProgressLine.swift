// One line that says how far a run is, in as many columns as there are.
internal import Basics

/// How far a run is.
public struct ProgressLine: Sendable {
  /// From 0 to 1.
  public var share: Double
  /// What is being done: `layer 3 of 64, q,k,v`.
  public var label: String
  /// How far that is, `12 of 256` or `1.2 of 76.0 GiB`; empty if the label says it.
  public var count: String
  /// Seconds left, if anybody knows.
  public var left: Double?
  /// Bytes of memory that the process takes; nil if nobody knows.
  public var memory: Int?

  /// How far a run is.
  public init(share: Double, label: String, count: String = "", left: Double? = nil, memory: Int? = nil) {
    self.share = share
    self.label = label
    self.count = count
    self.left = left
    self.memory = memory
  }

  private static let bar = (least: 8, most: 24)

  /// Its text without a bar, as it stands in a log.
  public var text: String { ([Percentage.text(share), label] + details).joined(separator: " · ") }

  /// At most `columns` wide: what matters least goes first, then the bar, and a label is cut at last.
  public func text(columns: Int) -> String {
    let head = Percentage.text(share)
    for kept in (0...details.count).reversed() {
      let line = " " + ([head, label] + details.prefix(kept)).joined(separator: " · ")
      let room = columns - line.count
      if room >= Self.bar.least { return bar(min(room, Self.bar.most)) + line }
    }
    return String("\(head) · \(label)".prefix(max(0, columns)))
  }

  /// The most telling first.
  private var details: [String] {
    var details = left.map { ["\(Seconds.text($0)) left"] } ?? []
    if !count.isEmpty { details.append(count) }
    if let memory { details.append(ByteCount.text(memory)) }
    return details
  }

  private func bar(_ width: Int) -> String {
    let filled = min(width, max(0, Int(share * Double(width))))
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
  }
}
