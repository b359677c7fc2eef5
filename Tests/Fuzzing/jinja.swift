// A chat template, which comes with a model and so from a stranger, rendered for a conversation. Limits are
// small, so that no input takes long.
import JSON
import Jinja

private let limits = JinjaLimits(
  sourceLength: 1 << 16, nesting: 64, depth: 300, valueDepth: 20, steps: 200_000, textLength: 1 << 16)

private let messages: [JSONValue] = [
  ["role": "system", "content": "Be brief."],
  [
    "role": "user",
    "content": [["type": "image"], ["type": "text", "text": "Wörter \u{1F642}\r\n e\u{301}"]],
  ],
  [
    "role": "assistant", "content": "<think>\nx\n</think>\n\n4",
    "tool_calls": [
      [
        "id": "abcdef123",
        "function": ["name": "f", "arguments": ["a": 1, "b": [nil, true, .double(0.5)]]],
      ]
    ],
  ],
  ["role": "tool", "content": "{}"],
]

private let variables: JSONObject = [
  "bos_token": "<s>", "eos_token": "</s>", "name": "Ada", "numbers": [3, 1, 2, 9_007_199_254_740_993, -4],
  "words": ["pear", "Apple", "fig"], "user": ["name": "Bo", "items": 7, "tags": ["x"]],
  "html": "<b>\"x\" & 'y'</b>",
]

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJinja(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let source = String(decoding: fuzzInput(data, count), as: UTF8.self)
  guard let template = try? ChatTemplateProgram(parsing: source, limits: limits) else { return 0 }
  func render() -> String? {
    try? template.render(
      messages: messages, tools: [["type": "function"]], addGenerationPrompt: true, variables: variables,
      date: TemplateDate(year: 2024, month: 2, day: 29))
  }
  guard let text = render() else { return 0 }
  precondition(text.unicodeScalars.count <= limits.textLength, "a text beyond the limit")
  precondition(
    render()?.unicodeScalars.elementsEqual(text.unicodeScalars) == true, "a second rendering differs")
  return 0
}
