// The rules by which texts are compared with their files.
import Testing

@Suite struct SnapshotRulesTests {
  @Test(arguments: [
    ("3527 calibration tokens, 1.3 s", "3527 calibration tokens, <TIME>"),
    ("12 tokens, 3 min 20 s\n7 tokens, 2 h 5 min\n", "12 tokens, <TIME>\n7 tokens, <TIME>\n"),
    ("7.1 MiB read, 4.6 GiB/s", "7.1 MiB read, <SPEED>"), ("931 B/s", "<SPEED>"),
    ("content 363b6472e79406ce…  index ok", "content <ID>…  index ok"),
    ("numeric mode: exact, AVX2, glibc 2.36\n\n", "numeric mode: <MODE>\n\n"),
    ("memory: up to 96.2 MiB of 18.3 GiB (80 % of what is available)", "memory: up to <SIZE>"),
  ]) func `what differs between runs and machines is masked`(text: String, masked expected: String) {
    #expect(masked(text) == expected)
  }

  @Test(arguments: [
    "7.1 MiB  ·  5.5 M parameters", "28 linears in int4, group 128", "0.0312 ± 0.0011", "4 samples",
    "layers.0.mlp 1.5 step", "2 seconds", "content of the file", "--numeric-mode auto",
  ]) func `what belongs to the text stays`(text: String) { #expect(masked(text) == text) }

  @Test func `the first difference is shown between the lines around it`() {
    let old = (1...9).map(String.init).joined(separator: "\n"), new = old.replacing("5", with: "five")
    #expect(firstDifference(old, new) == "@@ line 5 @@\n 3\n 4\n-5\n-6\n-7\n+five\n+6\n+7")
    #expect(firstDifference("a", "a\n") == "@@ line 2 @@\n a\n+")
    #expect(firstDifference("", "a") == "@@ line 1 @@\n-\n+a")
    #expect(firstDifference(old, old) == nil)
  }
}
