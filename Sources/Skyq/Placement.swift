// Where regions of a file lie: each at the next multiple of its alignment after the one before, Formats/skyq.md §2.
import Storage

/// Walks through a file and gives each region the only offset it may have.
struct Placement {
  /// End of the region placed last.
  private(set) var end: Int
  private let alignment: Int

  init(from start: Int, alignment: Int) {
    end = start
    self.alignment = alignment
  }

  /// The offset of a region of `size` bytes that follows; nil if its end is beyond what an `Int` holds.
  mutating func place(_ size: UInt64) -> Int? {
    guard let size = Int(exactly: size), let offset = end.alignedUp(to: alignment),
      let next = offset.adding(checked: size)
    else { return nil }
    end = next
    return offset
  }
}
