// Names in the order of their bytes: to find a tensor, to find two of one name, and for the content id.
import Glibc

/// Names in one buffer, found and ordered by their bytes: a dictionary of a million strings would count references most
/// of the time, and `String` would call "é" in two spellings equal.
struct NameTable: Sendable {
  private let bytes: [UInt8]
  /// Name `i` is the bytes `borders[i]..<borders[i + 1]`.
  private let borders: [Int]
  /// The positions of the names, sorted byte by byte; of equal names the earlier one first.
  let order: [Int]

  /// Names that follow one another in `bytes`, from the first of `borders`, which has one more than there are names.
  init(_ bytes: [UInt8], borders: [Int]) {
    self.bytes = bytes
    self.borders = borders
    order = unsafe bytes.withUnsafeBytes { bytes in
      (0..<borders.count - 1).sorted { left, right in
        let order = unsafe Self.compare(
          bytes[borders[left]..<borders[left + 1]], bytes[borders[right]..<borders[right + 1]])
        return order == 0 ? left < right : order < 0
      }
    }
  }

  /// The position of the first name that occurs before it as well, or nil if all differ.
  var firstRepetition: Int? {
    unsafe bytes.withUnsafeBytes { bytes in
      zip(order, order.dropFirst()).lazy.filter { left, right in
        unsafe Self.compare(bytes[borders[left]..<borders[left + 1]], bytes[borders[right]..<borders[right + 1]]) == 0
      }.map(\.1).min()
    }
  }

  /// The position of `name`, or nil if it is not among them.
  func position(of name: String) -> Int? {
    var name = name
    return name.withUTF8 { wanted in
      unsafe bytes.withUnsafeBytes { bytes in
        var low = 0, high = order.count
        while low < high {
          let middle = (low + high) / 2, position = order[middle]
          let found = unsafe Self.compare(
            bytes[borders[position]..<borders[position + 1]], UnsafeRawBufferPointer(wanted)[...])
          if found == 0 { return position }
          if found < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
      }
    }
  }

  /// Negative, zero or positive as `left` comes before `right`, is the same, or comes after it, byte by byte.
  private static func compare(_ left: Slice<UnsafeRawBufferPointer>, _ right: Slice<UnsafeRawBufferPointer>) -> Int {
    unsafe SkyqName.compare(UnsafeRawBufferPointer(rebasing: left), UnsafeRawBufferPointer(rebasing: right))
  }
}
