// Parts of a card that are written again later, each between two lines of its own.

/// A part of a card between markers.
public enum CardSection: String, Sendable, CaseIterable {
  /// How the linears are stored, and what loads them.
  case layout
  /// What `skyquant verify` measured.
  case verify
  /// What `skyquant evaluate` measured.
  case evaluate

  private var begin: String { "<!-- skyquant \(rawValue): begin -->" }
  private var end: String { "<!-- skyquant \(rawValue): end -->" }

  /// The part with its markers.
  public func lines(_ content: [String]) -> [String] { [begin] + content + [end] }

  /// `card` with other content between the markers, and nothing else changed.
  /// - Returns: Nil if the card has not each marker once, as a line of its own, in their order.
  public func replacing(in card: [UInt8], with content: [String]) -> [UInt8]? {
    let lines = card.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    func places(_ marker: String) -> [Int] {
      let bytes = Array(marker.utf8)
      return lines.indices.filter { Array(lines[$0]) == bytes || Array(lines[$0]) == bytes + [UInt8(ascii: "\r")] }
    }
    let (first, last) = (places(begin), places(end))
    guard first.count == 1, last.count == 1, first[0] < last[0] else { return nil }
    let changed =
      lines[...first[0]].map { Array($0) } + content.map { Array($0.utf8) } + lines[last[0]...].map { Array($0) }
    return Array(changed.joined(separator: [UInt8(ascii: "\n")]))
  }
}
