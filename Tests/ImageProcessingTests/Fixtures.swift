// Access to this target's Resources (see README.md there).
import CCrypto
import Foundation
import ImageProcessing
import Testing

/// Files of the Resources folder.
enum Fixtures {
  private static let folder = Bundle.module.bundlePath + "/Resources/"

  /// Names of the pictures that come with Pillow's pixels.
  static let pictures: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder + "decoded")) ?? [])
    .filter { !$0.hasSuffix(".ppm") }.sorted()

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try #require(FileManager.default.contents(atPath: folder + name), "no resource \(name)"))
  }

  /// The words of each line of a text file.
  static func lines(_ name: String) throws -> [[String]] {
    let text = String(decoding: try bytes(name), as: UTF8.self)
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    try #require(!lines.isEmpty)
    return lines
  }

  /// What Pillow makes of the picture `name`, from the binary PPM beside it.
  static func pillowPixels(_ name: String) throws -> PixelImage {
    let file = try bytes("decoded/\(name).ppm")
    let fields = file.prefix(32).split(maxSplits: 4, whereSeparator: { $0 == 0x20 || $0 == 0x0A })
    let numbers = fields[1...2].compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    try #require(numbers.count == 2)
    return PixelImage(width: numbers[0], height: numbers[1], rgb: file.suffix(numbers[0] * numbers[1] * 3))
  }
}

/// SHA-256 in lower-case hexadecimal.
func sha256(_ bytes: [UInt8]) -> String {
  var digest = [UInt8](repeating: 0, count: 32)
  _ = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
  return digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
