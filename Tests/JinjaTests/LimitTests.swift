// Templates from strangers: whatever they try, a bound is an error and never a crash, a hang or a flood.
import JSON
import Jinja
import Testing

@Suite("Limits of templates")
struct LimitTests {
  @Test("A template at each bound is rendered, and one beyond it is an error")
  func boundsAreExact() throws {
    let limits = JinjaLimits(
      sourceLength: 40, nesting: 4, depth: 20, valueDepth: 3, steps: 1_000, textLength: 8)
    #expect(try render(String(repeating: "x", count: 8), limits: limits) == "xxxxxxxx")
    expect(.textLength(8), of: String(repeating: "x", count: 9), limits)
    #expect(try render("{#" + String(repeating: "x", count: 36) + "#}", limits: limits) == "")
    expect(.sourceLength(40), of: "{#" + String(repeating: "x", count: 37) + "#}", limits)
    #expect(try render("{{ (((1))) }}", limits: limits) == "1")
    expect(.nesting(4), of: "{{ ((((1)))) }}", limits)
    #expect(try render("{{ [[[]]]|length }}", limits: limits) == "1")
    expect(.valueDepth(3), of: "{% set x = [[]] %}{{ [[x]] }}", limits)
    expect(.steps(1_000), of: "{% for i in range(999) %}x{% endfor %}", JinjaLimits(steps: 1_000))
    expect(.depth(20), of: "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", JinjaLimits(depth: 20))
  }

  @Test(
    "What nests without end in the text is refused",
    arguments: [
      ("{{ ", "(", "x", ")", " }}"), ("{{ ", "[", "x", "]", " }}"), ("{{ ", "not ", "x", "", " }}"),
      ("{{ ", "-", "1", "", " }}"), ("", "{% if 1 %}", "x", "{% endif %}", ""),
      ("{{ ", "1 if 0 else ", "1", "", " }}"),
      ("{{ ", "x[", "x", "]", " }}"), ("{{ ", "f(", "x", ")", " }}"), ("{{ ", "{1: ", "x", "}", " }}"),
      ("{% set ", "(", "x", ")", " = 1 %}"), ("{{ ", "1 is eq(", "x", ")", " }}"),
      ("{{ ", "x|join(", "x", ")", " }}"),
      ("{{ x[", "x[", "x:", "]", "] }}"),
    ])
  func refusesEndlessNesting(before: String, open: String, inside: String, close: String, after: String) {
    func nested(_ count: Int) -> String {
      before + String(repeating: open, count: count) + inside + String(repeating: close, count: count) + after
    }
    expect(.nesting(64), of: nested(100_000), JinjaLimits(sourceLength: 1 << 22))
    expect(.nesting(64), of: nested(65), JinjaLimits())
  }

  @Test(
    "Long chains are no nesting",
    arguments: [
      ("{{ 1", " + 1", " }}", "20001"), ("{{ 'a'", "|upper", " }}", "A"), ("{{ 1", " and 1", " }}", "1"),
      ("{{ 1", " < 2 > 1", " }}", "True"), ("{{ 'a'", "[0]", " }}", "a"), ("{{ 'a'", " ~ ''", " }}", "a"),
      ("{% if 0 %}", "{% elif 0 %}", "{% else %}x{% endif %}", "x"),
    ])
  func readsLongChains(before: String, link: String, after: String, text: String) throws {
    #expect(try render(before + String(repeating: link, count: 20_000) + after) == text)
  }

  @Test(
    "What grows or runs without end is stopped",
    arguments: [
      ("{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}", .depth(500)),
      ("{% macro f(n=f()) %}{% endmacro %}{{ f() }}", .depth(500)),
      ("{% macro f() %}{{ [[[[[[[[f()]]]]]]]] }}{% endmacro %}{{ f() }}", .depth(500)),
      (
        "{% macro f() %}{% set x %}{% filter upper %}{{ f() }}{% endfilter %}{% endset %}{% endmacro %}{{ f() }}",
        .depth(500)
      ),
      (
        "{% macro f() %}{{ [1]|map('string')|select('equalto', f())|list }}{% endmacro %}{{ f() }}",
        .depth(500)
      ),
      (many + "{% set ns.x = [ns.x] %}{% endfor %}", .valueDepth(100)),
      (many + "{% set ns.x = {'x': ns.x} %}{% endfor %}", .valueDepth(100)),
      (many + "{% set ns.x = dict(x=ns.x) %}{% endfor %}", .valueDepth(100)),
      (
        many + "{% macro f() %}{% set ns.x = kwargs %}{% endmacro %}{{ f(x=ns.x) }}{% endfor %}",
        .valueDepth(100)
      ),
      (
        many + "{% macro f() %}{% set ns.x = varargs %}{% endmacro %}{{ f(ns.x) }}{% endfor %}",
        .valueDepth(100)
      ),
      (many + "{% set ns.x = [ns.x]|map('list') %}{% endfor %}", .valueDepth(100)),
      (many + "{% set ns.x = ns.x|map('string') %}{% endfor %}", .valueDepth(100)),
      ("{{ 'x' * 99999999999 }}", .textLength(1 << 24)),
      ("{{ [1] * 99999999999 }}", .textLength(1 << 24)),
      ("{{ 'x'.center(99999999999) }}", .textLength(1 << 24)),
      ("{{ 'x'|indent(99999999999, true) }}", .textLength(1 << 24)),
      ("{% set x = 'x' * 999999 %}{{ x.replace('x', x) }}", .textLength(1 << 24)),
      ("{% set x = 'x' * 999999 %}{{ x.replace('', x) }}", .textLength(1 << 24)),
      ("{% set x = 'x' * 9999999 %}{{ x ~ x ~ x }}", .textLength(1 << 24)),
      ("{% set x = 'x' * 999999 %}{% for i in range(99) %}{{ x }}{% endfor %}", .textLength(1 << 24)),
      ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", .steps(10_000_000)),
      (
        many + "{% for j in range(99) %}{% macro f() %}{% endmacro %}{{ f() }}{% endfor %}{% endfor %}",
        .steps(500_000)
      ),
      (long + "{% for i in range(99) %}{% set y = x + 'y' %}{% endfor %}", .steps(500_000)),
      (
        long + "{% set y = x ~ 'b' %}{% set x = x ~ 'a' %}{% for i in range(99) %}{{ x == y }}{% endfor %}",
        .steps(500_000)
      ),
      (long + "{% for i in range(99) %}{{ x.find('x' * 1000 ~ 'b') }}{% endfor %}", .steps(500_000)),
      (long + "{{ x|list|length }}", .steps(500_000)),
      (long + "{{ x.replace('x', 'x ').split()|length }}", .steps(500_000)),
      (long + "{{ ([x] * 999)|sort|length }}", .steps(500_000)),
      (long + "{% for i in range(99) %}{{ x is upper }}{% endfor %}", .steps(500_000)),
      (many + "{{ [i, i]|tojson(separators=('x' * 9999, '')) }}{% endfor %}", .steps(500_000)),
      (many + "{{ [[[[i]]]]|tojson(indent='x' * 9999) }}{% endfor %}", .steps(500_000)),
      (
        "{% set x = range(9999)|list %}{% for i in range(99) %}{{ x == x|list }}{% endfor %}", .steps(500_000)
      ),
      (
        "{% set x = range(9999)|list %}{% for i in range(99) %}{{ x|sort|length }}{% endfor %}",
        .steps(500_000)
      ),
    ] as [(String, JinjaLimit)])
  func stopsWhatGrows(template: String, limit: JinjaLimit) {
    var limits = JinjaLimits()
    if case .steps(let steps) = limit { limits.steps = steps }
    expect(limit, of: template, limits)
  }

  private static let many = "{% set ns = namespace(x=[1]) %}{% for i in range(9999) %}"
  private static let long = "{% set x = 'x' * 200000 %}"

  @Test("Multiplying nothing by a large number ends at once")
  func multipliesNothing() throws {
    #expect(
      try render(
        "{{ '' * 9223372036854775807 }}{{ [] * 9223372036854775807 }}{{ 'x' * -9223372036854775807 }}")
        == "[]")
  }

  @Test(
    "Macros, loops and iterators that keep each other are freed without recursion, or refused",
    arguments: [
      (
        "{% macro m(last) %}{% macro inner() %}{{ last }}{% endmacro %}{% set ns.x = inner %}{% endmacro %}"
          + "{% for i in range(50000) %}{{ m(ns.x) }}{% endfor %}done", nil
      ),
      (
        "{% for i in range(50000) %}{% set last = ns.x %}{% for j in [1] if true %}{% set ns.x = loop %}"
          + "{% endfor %}{% endfor %}done", nil
      ),
      (
        "{% for i in range(50000) %}{% for j in [ns.x] %}{% set ns.x = loop %}{% endfor %}{% endfor %}",
        JinjaLimit.valueDepth(100)
      ),
      (
        "{% for i in range(50000) %}{% set ns.x = [1]|map('default', ns.x) %}{% endfor %}",
        JinjaLimit.valueDepth(100)
      ),
    ])
  func freesLongChains(loops: String, limit: JinjaLimit?) throws {
    let template = "{% set ns = namespace(x=none) %}" + loops
    guard let limit else {
      #expect(try render(template) == "done")
      return
    }
    expect(limit, of: template, JinjaLimits())
  }

  @Test(
    "Whole numbers at the ends of their range do not trap",
    arguments: [
      "-9223372036854775807 - 2", "9223372036854775807 + 1", "9223372036854775807 * 2",
      "-(-9223372036854775807 - 1)",
      "(-9223372036854775807 - 1) // -1", "(-9223372036854775807 - 1)|abs", "3 ** 100",
      "1e300|int",
      "9223372036854775808", "'9223372036854775808'|int", "'%d' % 1e300",
    ])
  func countsToTheEnd(expression: String) {
    expect(.integer, of: "{{ \(expression) }}", JinjaLimits())
  }

  @Test("A value from outside that is too deep, or a whole number beyond 64 bits, is an error")
  func refusesDeepVariables() throws {
    var value: JSONValue = []
    for _ in 0..<100 { value = [value] }
    #expect(throws: JinjaError.limit(line: 1, .valueDepth(100))) { try render("", ["x": value]) }
    let number = try JSONValue(parsing: "18446744073709551616")
    #expect(throws: JinjaError.limit(line: 1, .integer)) { try render("", ["x": number]) }
  }

  private func expect(
    _ limit: JinjaLimit, of template: String, _ limits: JinjaLimits,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: JinjaError.self, sourceLocation: sourceLocation) {
      try render(template, limits: limits)
    }
    guard case .limit(_, let reached)? = error else {
      Issue.record("\(template.prefix(60)): \(String(describing: error))", sourceLocation: sourceLocation)
      return
    }
    #expect(reached == limit, "\(template.prefix(60))", sourceLocation: sourceLocation)
  }
}
