// The API: what a template is given, and what it is not.
import JSON
import Jinja
import Testing

@Suite("ChatTemplateProgram")
struct ChatTemplateProgramTests {
  private func render(
    _ template: String, _ messages: [JSONValue], tools: [JSONValue]? = nil, documents: [JSONValue]? = nil,
    addGenerationPrompt: Bool = false, variables: JSONObject = [:], date: TemplateDate? = nil
  ) throws -> String {
    try ChatTemplateProgram(parsing: template).render(
      messages: messages, tools: tools, documents: documents, addGenerationPrompt: addGenerationPrompt,
      variables: variables, date: date)
  }

  @Test("Variables that were not given are none, as in transformers, and not undefined")
  func definesItsParameters() throws {
    let template = "{{ tools }} {{ documents }} {{ add_generation_prompt }} {{ bos_token is defined }}"
    #expect(try render(template, []) == "None None False False")
    #expect(
      try render(
        template, [], tools: [], documents: [1], addGenerationPrompt: true, variables: ["bos_token": ""])
        == "[] [1] True True")
  }

  @Test("Parameters win over variables of the same name")
  func parametersWin() throws {
    let variables: JSONObject = ["messages": "x", "tools": "y", "add_generation_prompt": "z", "other": "o"]
    #expect(
      try render("{{ messages }}{{ tools }}{{ add_generation_prompt }}{{ other }}", [], variables: variables)
        == "[]NoneFalseo")
  }

  @Test("Variables win over the functions of templates")
  func variablesWinOverFunctions() throws {
    #expect(try render("{{ range }}{{ dict }}", [], variables: ["range": "r", "dict": nil]) == "rNone")
  }

  @Test("Members of messages that are null are left out, and of anything else kept")
  func leavesNullMembersOut() throws {
    let message: JSONValue = ["role": "user", "content": nil, "parts": [["text": nil]], "tool_calls": nil]
    #expect(
      try render("{{ messages[0]|tojson }}", [message]) == #"{"role": "user", "parts": [{"text": null}]}"#)
    #expect(try render("{{ x|tojson }}", [], variables: ["x": ["y": nil]]) == #"{"y": null}"#)
  }

  @Test(
    "Reasoning is found under the names that templates read",
    arguments: ["reasoning_content", "thinking", "reasoning"])
  func aliasesReasoning(name: String) throws {
    var message: JSONObject = ["role": "assistant", "content": "c"]
    message[name] = "r"
    #expect(
      try render("{{ messages[0].reasoning_content }}{{ messages[0].thinking }}", [.object(message)]) == "rr")
  }

  @Test("Objects keep their order, and numbers what they are")
  func keepsOrderAndNumbers() throws {
    let value = try JSONValue(
      parsing: #"{"z": 1, "a": 1.0, "m": 1e3, "é": -0, "b": [true, null, "x", 0.1, 1E-7]}"#)
    #expect(
      try render("{{ x|tojson }}", [], variables: ["x": value])
        == #"{"z": 1, "a": 1.0, "m": 1000.0, "é": 0, "b": [true, null, "x", 0.1, 1e-07]}"#)
    #expect(
      try render("{{ x }}", [], variables: ["x": value]).hasPrefix("{'z': 1, 'a': 1.0, 'm': 1000.0, 'é': 0"))
  }

  @Test("Texts that only look alike are different")
  func comparesScalars() throws {
    let variables: JSONObject = ["composed": "\u{E9}", "decomposed": "e\u{301}"]
    #expect(
      try render(
        "{{ composed == decomposed }}{{ decomposed|length }}{{ {composed: 1}[decomposed] is defined }}", [],
        variables: variables) == "False2False")
    #expect(try render("{{ decomposed }}", [], variables: variables).unicodeScalars.count == 2)
  }

  @Test("Without a date, a template that prints today's is an error, and one that only asks is not")
  func needsADate() throws {
    #expect(
      throws: JinjaError.evaluation(
        line: 1, reason: "the template prints today's date, which it was not given")
    ) {
      try render("{{ strftime_now('%Y') }}", [])
    }
    #expect(try render("{{ strftime_now is defined }}", []) == "True")
    #expect(
      try render("{{ strftime_now('%A %j') }}", [], date: TemplateDate(year: 2000, month: 2, day: 29))
        == "Tuesday 060")
  }

  @Test("A date that does not exist is none")
  func knowsTheCalendar() {
    #expect(
      TemplateDate(year: 1900, month: 2, day: 29) == nil && TemplateDate(year: 2024, month: 2, day: 29) != nil
    )
    #expect(
      TemplateDate(year: 2024, month: 4, day: 31) == nil && TemplateDate(year: 2024, month: 13, day: 1) == nil
    )
    #expect(
      TemplateDate(year: 2024, month: 1, day: 1, hour: 24) == nil
        && TemplateDate(year: 999, month: 1, day: 1) == nil)
  }

  @Test("A program renders any number of conversations, each from the beginning")
  func keepsNothing() throws {
    let program = try ChatTemplateProgram(
      parsing:
        "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}")
    #expect(try program.render(messages: [[:], [:]]) == "2")
    #expect(try program.render(messages: [[:]]) == "1")
    #expect(try program.render(messages: []) == "0")
  }
}
