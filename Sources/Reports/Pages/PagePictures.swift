// Pictures inside a page.
internal import HTML

/// Small pictures of samples, as JPEG.
public struct PagePictures: Sendable {
  private var files: [Int: [UInt8]] = [:]

  /// No pictures.
  public init() {}

  /// Adds the picture of a sample, counted from 1.
  public mutating func add(_ jpeg: [UInt8], of sample: Int) { files[sample] = jpeg }

  /// The picture of a sample; nothing if it has none.
  func node(of sample: Int) -> [HTMLNode] { files[sample].map { [.picture($0)] } ?? [] }
}

extension HTMLNode {
  /// A picture inside the page.
  static func picture(_ jpeg: [UInt8]) -> HTMLNode {
    .tag("img", ["src": "data:image/jpeg;base64,\(jpeg.base64)", "alt": "what the sample shows"])
  }
}

extension [UInt8] {
  /// RFC 4648, with padding.
  var base64: String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((count + 2) / 3 * 4)
    for start in stride(from: 0, to: count, by: 3) {
      let group = self[start..<Swift.min(start + 3, count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
