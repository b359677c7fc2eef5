// SHA-256 and XXH3-64 against published vectors.
import Storage
import Testing

@Suite struct DigestTests {
  // FIPS 180-4 examples (NIST CSRC, "SHA256.pdf") and the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func sha256GivesThePublishedDigests(message: String, hexadecimal: String) {
    #expect(SHA256Hasher.hash(Array(message.utf8)).description == hexadecimal)
  }

  // The sanity buffer and results of xxHash's own tests (xxhsum.c / sanity_test_vectors.h, v0.8.1), seed 0:
  // byte i is the top byte of generator, generator starts at PRIME32 and is multiplied by PRIME64 each step.
  @Test(
    arguments: [
      (0, 0x2D06_8005_38D3_94C2), (1, 0xC44B_DFF4_074E_ECDB), (6, 0x27B5_6A84_CD2D_7325),
      (12, 0xA713_DAF0_DFBB_77E7), (24, 0xA3FE_70BF_9D35_10EB), (48, 0x397D_A259_ECBA_1F11),
      (80, 0xBCDE_FBBB_2C47_C90A), (195, 0xCD94_217E_E362_EC3A), (403, 0xCDEB_804D_65C6_DEA4),
      (512, 0x617E_4959_9013_CB6B), (2048, 0xDD59_E2C3_A5F0_38E0), (2367, 0xCB37_AEB9_E5D3_61ED),
    ] as [(Int, UInt64)])
  func xxh3GivesThePublishedChecksums(byteCount: Int, checksum: UInt64) {
    var generator: UInt64 = 0x9E37_79B1
    let bytes = (0..<byteCount).map { _ in
      defer { generator &*= 0x9E37_79B1_85EB_CA8D }
      return UInt8(truncatingIfNeeded: generator >> 56)
    }
    #expect(XXH3Hasher.hash(bytes) == checksum)
  }

  @Test(arguments: [0, 1, 63, 64, 1000, 4097])
  func bytesInPiecesGiveTheDigestOfTheWhole(byteCount: Int) {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 131) }
    var sha256 = SHA256Hasher()
    var xxh3 = XXH3Hasher()
    for start in stride(from: 0, to: byteCount, by: 7) {
      let piece = Array(bytes[start..<min(start + 7, byteCount)])
      sha256.update(piece)
      xxh3.update(piece)
    }
    let (digest, checksum) = (sha256.finalize(), xxh3.finalize())
    #expect(digest == SHA256Hasher.hash(bytes))
    #expect(checksum == XXH3Hasher.hash(bytes))
  }

  @Test func aDigestIsReadFromItsHexadecimalFormAndNothingElse() {
    let digest = SHA256Hasher.hash(Array("abc".utf8))
    #expect(SHA256Digest(hexadecimal: digest.description) == digest)
    #expect(SHA256Digest(hexadecimal: String(digest.description.dropLast())) == nil)
    #expect(SHA256Digest(hexadecimal: String(repeating: "+1", count: 32)) == nil)
    #expect(SHA256Digest(hexadecimal: String(repeating: "zz", count: 32)) == nil)
  }
}
