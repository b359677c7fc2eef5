"""Conversations and settings for chat_templates.py. The words are made up; the shapes are those of APIs."""

PARAMETERS = {
    "type": "object",
    "properties": {
        "town": {"type": "string", "description": "Where, e.g. <Ulm> & 'Rom'"},
        "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
        "days": {"type": "array", "items": {"type": "integer"}, "nullable": True},
        "at": {"type": ["string", "null"], "description": "Zeit", "default": None},
        "grid": {"type": "object", "properties": {"x": {"type": "number", "default": 1.5}, "y": {"type": "number"}}, "required": ["x"]},
    },
    "required": ["town", "days"],
}  # fmt: skip
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Tells the weather, überall.", "parameters": PARAMETERS,
                                      "return": {"type": "number", "description": "Degrees"}}},
    {"type": "function", "function": {"name": "noop", "description": "Does nothing.", "parameters": {"type": "object", "properties": {}}}},
]  # fmt: skip
DOCUMENTS = [
    {"doc_id": 1, "title": "Ducks", "text": "Ducks quack.\n", "year": 1999},
    {"doc_id": 2, "title": "Käse", "text": "«Gouda» & co."},
]


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


def call(arguments, id="abcdef123"):
    return {"id": id, "type": "function", "function": {"name": "weather", "arguments": arguments}}


SYSTEM = turn("system", "Be brief. ")
QUESTION = turn("user", "What is 2 + 2?")
ANSWER = turn("assistant", "4.\n")
CALL = turn("assistant", "", tool_calls=[call({"town": "Köln", "days": [1, 2], "grid": {"x": 0.5}, "now": True, "at": None})])
RESULT = turn("tool", "{\"degrees\": 21.5}", name="weather", tool_call_id="abcdef123")
PICTURE = {"type": "image", "image": "a.png"}

CONVERSATIONS = {
    "question": [QUESTION],
    "system": [SYSTEM, QUESTION],
    "turns": [QUESTION, ANSWER, turn("user", "  And 3 + 3? ")],
    "system-turns": [SYSTEM, QUESTION, ANSWER, turn("user", "Why?"), turn("assistant", "Because.")],
    "unicode": [turn("user", "你好，Ünïcode 🙂 e\u0301 <b> & \"quotes\" 'n' \\ {{ x }} {% y %}\r\n\u2028end\t")],
    "empty": [turn("user", "")],
    "empty-system": [turn("system", ""), turn("user", " \n ")],
    "thoughts": [QUESTION, turn("assistant", "<think>\nTwo and two.\n</think>\n\n4."), turn("user", "Sure?"), turn("assistant", "<think>\n\n</think>\nYes.")],
    "reasoning": [QUESTION, turn("assistant", "4.", reasoning_content="Two and two.\n"), turn("user", "Sure?"), turn("assistant", "Yes.", reasoning="It is.")],
    "call": [QUESTION, CALL, RESULT],
    "calls": [SYSTEM, QUESTION, turn("assistant", None, tool_calls=[call({}), call("{\"town\": \"Ulm\"}", "ghijkl456")]), RESULT,
              turn("tool", "rain", tool_call_id="ghijkl456"), turn("assistant", "It rains."), turn("user", "Thanks.")],
    "picture": [turn("user", [PICTURE, {"type": "text", "text": "What is this?"}])],
    "pictures": [SYSTEM, turn("user", [{"type": "text", "text": "Compare "}, PICTURE, {"type": "image_url", "image_url": {"url": "b"}}, {"type": "video", "video": "c"}]),
                 ANSWER, QUESTION],
    "text-parts": [turn("system", [{"type": "text", "text": "Be brief."}]), turn("user", [{"type": "text", "text": "One"}, {"type": "text", "text": " two"}])],
    "no-think": [turn("system", "Rhyme. /no_think"), QUESTION, ANSWER],
    "two-systems": [SYSTEM, turn("system", "And kind."), QUESTION],
    "developer": [turn("developer", "Be brief."), QUESTION],
    "wrong-order": [ANSWER, QUESTION, QUESTION],
}  # fmt: skip

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
SETTINGS = {
    "prompt": {"add_generation_prompt": True},
    "plain": {},
    "tools": {"add_generation_prompt": True, "tools": TOOLS},
    "documents": {"add_generation_prompt": True, "documents": DOCUMENTS, "variables": {"controls": {"length": "short"}, "thinking_budget": 600}},
    "no-thinking": {"add_generation_prompt": True, "variables": {"enable_thinking": False, "thinking": False, "thinking_budget": 0}},
    "options": {
        "add_generation_prompt": True, "tools": TOOLS, "documents": DOCUMENTS,
        "variables": {"enable_thinking": True, "thinking": True, "add_vision_id": True, "date_string": "2 Feb 2025", "tools_in_user_message": False,
                      "builtin_tools": ["browser", "python"], "reasoning_effort": "high", "safety_mode": "strict", "keep_past_thinking": True},
    },
}  # fmt: skip
# Every conversation is rendered with the first setting, these with all of them.
SHORT_LIST = ["system-turns", "calls", "pictures"]


def cases():
    """Pairs of the names of a conversation and a setting."""
    for conversation in CONVERSATIONS:
        yield conversation, "prompt"
    for setting in list(SETTINGS)[1:]:
        for conversation in SHORT_LIST:
            yield conversation, setting
