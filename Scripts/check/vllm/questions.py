"""Copies a vision-language model to OUT/original, with the configuration class that vLLM asks for beside it, and
writes OUT/prompts.json: the first 20 questions of a folder with their pictures, and the text that asks them, by
the template internvl2_5.

    questions.py MODEL FOLDER OUT      # run by Scripts/check/vllm-pictures.sh
"""
import json
import shutil
import sys
from pathlib import Path

COUNT = 20
model, folder, out = map(Path, sys.argv[1:])
config = json.loads((model / "config.json").read_text())
assert config["template"] == "internvl2_5", config["template"]
shutil.rmtree(out / "original", ignore_errors=True)
shutil.copytree(model, out / "original")
shutil.copy(Path(__file__).with_name("configuration_skywork_chat.py"), out / "original")
config["auto_map"] = {"AutoConfig": "configuration_skywork_chat.SkyworkChatConfig"}
(out / "original/config.json").write_text(json.dumps(config, indent=2))
prompts = []
for line in (folder / "questions.jsonl").read_text().splitlines()[:COUNT]:
    entry = json.loads(line)
    parts = [("system", config["system_message"]), ("user", f"<image>\n{entry['question']}")]
    prompts.append({"image": str(folder / entry["image"]), "question": entry["question"],
                    "prompt": "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in parts)
                    + "<|im_start|>assistant\n"})
(out / "prompts.json").write_text(json.dumps(prompts))
