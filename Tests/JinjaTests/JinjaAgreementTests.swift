// Expressions, statements and whitespace against jinja2 in transformers' environment.
import JSON
import Jinja
import Testing

@Suite("Agreement with jinja2")
struct JinjaAgreementTests {
  @Test(
    "Every template of a section gives jinja2's text, or fails as it does",
    arguments: [
      ("expressions", 1_000), ("faults", 100), ("snippets", 170),
    ])
  func rendersLikeJinja(section: String, minimumCount: Int) throws {
    let expectations = try Fixtures.json("expressions.json")
    let variables = try #require(expectations["variables"]?.objectValue)
    let cases = try #require(expectations[section]?.arrayValue)
    #expect(cases.count >= minimumCount)
    for pair in cases {
      let source = try #require(pair.arrayValue?.first?.stringValue)
      let expected = try Outcome(#require(pair.arrayValue?.last))
      let rendered = try outcome { try render(source, variables) }
      if case .failure = expected, case .failure = rendered { continue }  // when it fails may differ
      #expect(rendered == expected, "\(source)")
    }
  }

  @Test("What jinja2 refuses to read is refused before it is rendered")
  func refusesFaultsEarly() throws {
    let faults = try #require(Fixtures.json("expressions.json")["faults"]?.arrayValue)
    for pair in faults where try Outcome(#require(pair.arrayValue?.last)) == .failure(isSyntax: true) {
      let source = try #require(pair.arrayValue?.first?.stringValue)
      #expect(throws: JinjaError.self, "\(source)") { try ChatTemplateProgram(parsing: source) }
    }
  }
}
