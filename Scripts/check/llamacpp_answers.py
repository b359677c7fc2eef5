#!/usr/bin/env python3
"""What llamacpp-answers.sh does in Python: picks questions about pictures of one tile, and asks llama.cpp's server.

    llamacpp_answers.py questions MODEL FOLDER COUNT OUT.jsonl       # FOLDER: questions.jsonl and its pictures
    llamacpp_answers.py compare SERVER DIR QUESTIONS.jsonl OURS.json TYPE
"""
import base64
import contextlib
import json
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

LIKELY = 0.1  # two tokens whose log-probabilities are so close may change places


def questions(model, folder, count, out):
    """llama.cpp cuts larger pictures otherwise, and does not stretch smaller ones."""
    config = json.loads((Path(model) / "config.json").read_text())
    side, lines = config["force_image_size"], []
    for line in (Path(folder) / "questions.jsonl").read_text().splitlines():
        picture = (Path(folder) / json.loads(line)["image"]).resolve()
        head = picture.read_bytes()[:24]
        if head[:4] == b"\x89PNG" and struct.unpack(">II", head[16:]) == (side, side) and len(lines) < int(count):
            lines.append(json.dumps(json.loads(line) | {"image": str(picture)}))
    assert len(lines) == int(count), f"{len(lines)} pictures of one tile only"
    Path(out).write_text("\n".join(lines) + "\n")


@contextlib.contextmanager
def serving(server, directory):
    """A function that posts JSON to a path of a server that has loaded the two files."""
    tower = next(Path(directory).glob("mmproj-*.gguf"))
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    log = open(f"{directory}.log", "w")
    process = subprocess.Popen(
        [server, "-m", tower.with_name(tower.name.removeprefix("mmproj-")), "--mmproj", tower, "--host", "127.0.0.1",
         "--port", str(port), "--no-mmproj-offload", "-np", "1", "-c", "2048", "--reasoning-format", "none", "--no-ui"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def post(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=120))

    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                if post("/health")["status"] == "ok":
                    break
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            sys.exit(f"llama-server does not answer; see {directory}.log")
        if process.poll() is not None:
            sys.exit("llama-server ended:\n" + "".join(open(f"{directory}.log").readlines()[-5:]))
        yield post
    finally:
        process.terminate()
        process.wait()


def is_tie(choice, ours):
    """Whether the first token that leaves our answer was about as likely to llama.cpp as its next best."""
    text = b""
    for token in choice["logprobs"]["content"]:
        text += bytes(token["bytes"])
        if not ours.encode().startswith(text):
            best = sorted((entry["logprob"] for entry in token["top_logprobs"]), reverse=True)
            return best[0] - best[1] < LIKELY
    # Theirs is a beginning of ours: they differ at the end, of which there is no entry.
    return False


def compare(server, directory, questions, ours, kind):
    ours = json.loads(Path(ours).read_text())["answers"]
    same_counts = same = ties = 0
    with serving(server, directory) as post:
        for line, mine in zip(Path(questions).read_text().splitlines(), ours, strict=True):
            question = json.loads(line)
            picture = base64.b64encode(Path(question["image"]).read_bytes()).decode()
            # llama.cpp puts no line break behind a picture.
            content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
                       {"type": "text", "text": "\n" + question["question"]}]
            reply = post("/v1/chat/completions", {
                "messages": [{"role": "user", "content": content}], "temperature": 0, "max_tokens": 48,
                "logprobs": True, "top_logprobs": 2, "cache_prompt": False})
            prompt = post("/tokenize", {
                "content": mine["rendered_prompt"], "parse_special": True, "add_special": False})
            same_counts += reply["usage"]["prompt_tokens"] == len(prompt["tokens"])
            choice = reply["choices"][0]
            theirs = choice["message"]["content"]
            same += theirs == mine["answer"]
            if theirs != mine["answer"]:
                tie = is_tie(choice, mine["answer"])
                ties += tie
                print(f"{'a tie' if tie else 'another'}: {theirs!r}, ours {mine['answer']!r}", file=sys.stderr)
    distinct = len({mine["answer"] for mine in ours})
    print(f"{kind}: {same_counts} of {len(ours)} prompts have as many tokens; {same} of {len(ours)} answers are the "
          f"same ({distinct} distinct ones), {ties} part where two tokens are about as likely")
    return same_counts == len(ours) and (same + ties == len(ours) or kind != "f32")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or [""]
    if command == "questions" and len(arguments) == 4:
        questions(*arguments)
    elif command == "compare" and len(arguments) == 5:
        sys.exit(not compare(*arguments))
    else:
        sys.exit(__doc__)
