// Names in the order of their bytes: to find a tensor, to find two of one name, to list them in one fixed order.
import Glibc

/// Names in one buffer, found and ordered by their bytes: a dictionary of a million strings would allocate and count
/// references most of the time, and `String` would call "é" in two spellings equal.
public struct NameTable: Sendable {
  private let bytes: [UInt8]
  /// Name `i` is the bytes `borders[i]..<borders[i + 1]`.
  private let borders: [UInt32]
  /// The positions of the names, sorted byte by byte; of equal names the earlier one first.
  public let order: [UInt32]

  /// Names that follow one another in `bytes`, from the first of `borders`, which has one more than there are names. They
  /// are UTF-8, in fewer than 2^32 bytes.
  public init(_ bytes: [UInt8], borders: [UInt32]) {
    self.bytes = bytes
    self.borders = borders
    order = unsafe bytes.withUnsafeBytes { bytes in
      (0..<UInt32(borders.count - 1)).sorted { left, right in
        let order = unsafe Self.compare(
          Self.name(Int(left), in: bytes, borders), Self.name(Int(right), in: bytes, borders))
        return order == 0 ? left < right : order < 0
      }
    }
  }

  public var count: Int { order.count }

  public subscript(position: Int) -> String {
    String(decoding: bytes[Int(borders[position])..<Int(borders[position + 1])], as: UTF8.self)
  }

  /// The UTF-8 of the name at `position`.
  @_lifetime(borrow self)
  public func utf8(at position: Int) -> RawSpan {
    unsafe bytes.span.bytes.extracting(Int(borders[position])..<Int(borders[position + 1]))
  }

  /// The position of the first name that occurs before it as well, or nil if all differ.
  public var firstRepetition: Int? {
    unsafe bytes.withUnsafeBytes { bytes in
      var first: UInt32?
      for (left, right) in zip(order, order.dropFirst()) where right < first ?? .max {
        let difference = unsafe Self.compare(
          Self.name(Int(left), in: bytes, borders), Self.name(Int(right), in: bytes, borders))
        if difference == 0 { first = right }
      }
      return first.map(Int.init)
    }
  }

  /// The position of `name`, or nil if it is not among them.
  public func position(of name: String) -> Int? {
    var name = name
    return name.withUTF8 { wanted in
      unsafe bytes.withUnsafeBytes { bytes in
        var low = 0, high = order.count
        while low < high {
          let middle = (low + high) / 2, position = Int(order[middle])
          let found = unsafe Self.compare(
            Self.name(position, in: bytes, borders), UnsafeRawBufferPointer(wanted))
          if found == 0 { return position }
          if found < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
      }
    }
  }

  private static func name(
    _ position: Int, in bytes: UnsafeRawBufferPointer, _ borders: [UInt32]
  ) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: bytes[Int(borders[position])..<Int(borders[position + 1])])
  }

  /// Negative, zero or positive as `left` comes before `right`, is the same, or comes after it, byte by byte.
  private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let first = left.baseAddress, let second = right.baseAddress else { return left.count - right.count }
    let difference = unsafe memcmp(first, second, min(left.count, right.count))
    return difference == 0 ? left.count - right.count : Int(difference)
  }
}
