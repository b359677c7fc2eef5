// What this subset leaves out is named with its line; faults of templates have messages for people.
import JSON
import Jinja
import Testing

@Suite("What is left out of Jinja")
struct RefusalTests {
  @Test(
    "A construct that jinja2 has and this subset has not is named with its line",
    arguments: [
      ("{% include 'x' %}", "the tag '{% include %}'"),
      ("{% extends 'x' %}", "the tag '{% extends %}'"),
      ("{% import 'x' as y %}", "the tag '{% import %}'"),
      ("{% from 'x' import y %}", "the tag '{% from %}'"),
      ("{% block x %}{% endblock %}", "the tag '{% block %}'"),
      ("{% autoescape true %}{% endautoescape %}", "the tag '{% autoescape %}'"),
      ("{% print 1 %}", "the tag '{% print %}'"),
      ("{% for x in [1] recursive %}{% endfor %}", "a recursive loop"),
      ("{{ x|xmlattr }}", "the filter 'xmlattr'"),
      ("{{ x|groupby('y') }}", "the filter 'groupby'"),
      ("{% for y in x|batch(3) %}{% endfor %}", "the filter 'batch'"),
      ("{% macro f() %}{{ 1|pprint }}{% endmacro %}", "the filter 'pprint'"),
      ("{{ x is filter }}", "the test 'filter'"),
      ("{{ self }}", "the variable 'self'"),
      ("{{ '\\N{BULLET}' }}", "the escape '\\N'"),
      ("{{ größe }}", "the name with 'ö', beyond ASCII,"),
      ("{{ x[1:2, 3] }}", "a slice among several indices"),
    ])
  func namesWhatItCannotRead(template: String, construct: String) {
    #expect(throws: JinjaError.unsupported(line: 2, construct: construct)) {
      try ChatTemplateProgram(parsing: "\n" + template)
    }
  }

  @Test("A filter or test that is left out is no fault where a condition spares it, and is named where it is used")
  func sparesWhatIsNotUsed() throws {
    let template = "{% if ask %}\n{{ 'x'|pprint }}{% endif %}{{ ('x' is filter) if ask else 'y' }}"
    #expect(try render(template, ["ask": false]) == "y")
    #expect(throws: JinjaError.unsupported(line: 2, construct: "the filter 'pprint'")) {
      try render(template, ["ask": true])
    }
  }

  @Test(
    "A value or method that cannot be computed here is named with its line",
    arguments: [
      ("{{ range }}", "printing a function, which shows an address in Python"),
      ("{{ {}.items }}", "printing a method, which shows an address in Python"),
      ("{{ [1]|map('string') }}", "printing a generator, which shows an address in Python"),
      ("{{ namespace() }}", "printing a Namespace, which shows an address in Python"),
      ("{{ 'x'.encode() }}", "the method 'str.encode'"),
      ("{{ range(3)[1:] }}", "a slice of a range"),
      ("{{ 2 ** 0.5 }}", "a power of fractions"),
      ("{{ 2 ** -1 }}", "a power with a negative exponent"),
      ("{{ 1.25|round(1) }}", "rounding to decimal places"),
      ("{{ '12'|int(0, 16) }}", "another base than 10 in the filter 'int'"),
      ("{{ '%5d' % 1 }}", "the conversion '%5'"),
      ("{{ '{:>5}'.format(1) }}", "the field '{:>5}' of a format"),
      ("{{ ('x'|safe).replace('x', 'y') }}", "'replace' of a text marked as safe"),
      ("{{ 1 is sameas 1 }}", "the test 'sameas' on int"),
      ("{{ lipsum() }}", "the function 'lipsum'"),
      ("{{ strftime_now('%c') }}", "the format '%c' of strftime_now"),
      ("{% for x in [1] %}{{ loop.changed(x) }}{% endfor %}", "loop.changed"),
    ])
  func namesWhatItCannotCompute(template: String, construct: String) {
    #expect(throws: JinjaError.unsupported(line: 2, construct: construct)) { try render("\n" + template) }
  }

  @Test(
    "A fault is one line that says where it is and what is wrong",
    arguments: [
      (
        "{% if x %}\n{% for y in z %}\n",
        "line 2: '{% for %}' is not closed; '{% endfor %}' or '{% else %}' is missing"
      ),
      (
        "\n{% if x %}\na",
        "line 2: '{% if %}' is not closed; '{% elif %}' or '{% else %}' or '{% endif %}' is missing"
      ),
      ("a\n{{ x", "line 2: '{{' is not closed"),
      ("{{ 'x }}", "line 1: unexpected ''', which begins a string that does not end"),
      ("{# x", "line 1: the comment is not closed; '#}' is missing"),
      ("\n{% foo %}", "line 2: there is no tag '{% foo %}' that could stand here"),
      ("{{ x|foo }}", "line 1: there is no filter 'foo'"),
      ("{{ x is foo }}", "line 1: there is no test 'foo'"),
      ("{{ [1, 2 }}", "line 1: unexpected '}'"),
      ("{{ 1 +\n\n}}", "line 3: expected an expression, found '}}'"),
      ("{% set x 1 %}", "line 1: expected '%}', found 1"),
      ("{% break %}", "line 1: '{% break %}' stands outside of a loop"),
      ("\n\n{{ messages[0].role.name.x }}", "line 3: 'messages' is undefined"),
      ("{% set m = [{}] %}\n{{ m[0].content.parts }}", "line 2: dict has no member 'content'"),
      ("{{ {'a\nb\u{202e}': 1}['\n\u{202e}'].x }}", #"line 3: dict has no member '\n\u202e'"#),
      ("\n{{ 'a' + 1 }}", "line 2: '+' cannot be applied to str and int"),
      ("{{ 1 < 'a' }}", "line 1: '<' cannot be applied to int and str"),
      ("{{ 1 // 0 }}", "line 1: division by zero"),
      ("{% for x in 5 %}{% endfor %}", "line 1: int has no elements to go through"),
      ("{% macro f(a) %}{% endmacro %}\n{{ f(1, 2) }}", "line 2: the macro 'f' takes at most 1 arguments"),
      ("{{ 'a'|replace('b') }}", "line 1: the filter 'replace' needs its argument 'new'"),
      ("{{ []|join(sep=',') }}", "line 1: the filter 'join' has no argument 'sep'"),
      ("{{ [].append(1) }}", "line 1: list.append would change a value, which templates must not"),
      ("{{ [undefined]|tojson }}", "line 1: 'undefined' is undefined"),
      (
        "\n{{ raise_exception('No\nsystem turn') }}",
        #"line 2: the template refuses the conversation: 'No\nsystem turn'"#
      ),
      ("{{ 9223372036854775807 + 1 }}", "line 1: a whole number does not fit 64 bits"),
      (
        "{{ strftime_now(5) }}", "line 1: int cannot be an argument of the function 'strftime_now'; a str can"
      ),
    ])
  func hasMessagesForPeople(template: String, message: String) {
    let error = #expect(throws: JinjaError.self) { try render(template) }
    #expect(error?.description == message)
  }

  @Test("A long text in a message is cut")
  func cutsMessages() {
    let error = #expect(throws: JinjaError.self) { try render("{{ raise_exception('x' * 1000) }}") }
    #expect(error?.description.hasSuffix("xxx'…") == true && (error?.description.count ?? 0) < 300)
  }
}
