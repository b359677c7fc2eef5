#!/usr/bin/env python3
"""Writes Tests/ReferenceModelTests/Resources/oracle: tiny random models with the
hidden states transformers computes.

They cover what the goldens of the sample models do not: Qwen3, Llama, rotary scaling, tied embeddings, pixel
shuffle v1, select_layer -2, and the processed probabilities of sampling. Run it when a case is added:

    pip install torch==2.15.0 transformers==5.23.0 safetensors==0.8.0      (the CPU build of torch is enough)
    python3 Scripts/golden/reference_model.py [NAME...]        # of text models; all cases without names

The weights are drawn with a fixed seed; another version of torch may draw or round otherwise.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

ORACLE = Path(__file__).resolve().parents[2] / "Tests/ReferenceModelTests/Resources/oracle"
VOCABULARY = 40

COMMON = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": VOCABULARY, "rms_norm_eps": 1e-5, "bos_token_id": 0, "eos_token_id": 1,
    "pad_token_id": None, "tie_word_embeddings": False}
TEXT_CASES = {
    # Norm of each q and k head; heads wider than hidden / heads.
    "qwen3": transformers.Qwen3Config(**COMMON, head_dim=16),
    # No bias, tied embeddings, all three branches of llama3 scaling (short original length, low theta).
    "llama3-tied": transformers.LlamaConfig(
        **COMMON | {"tie_word_embeddings": True},
        rope_parameters={
            "rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 32}),
    # All biases of Llama, and linear scaling.
    "llama-biases-linear": transformers.LlamaConfig(
        **COMMON, attention_bias=True, mlp_bias=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}),
    # Frequencies that stay, blend and are divided; cosines and sines beyond 1.
    "qwen3-yarn": transformers.Qwen3Config(
        **COMMON, head_dim=16, max_position_embeddings=64,
        rope_parameters={
            "rope_type": "yarn", "rope_theta": 100.0, "factor": 4.0, "original_max_position_embeddings": 16,
            "beta_fast": 2.0, "beta_slow": 0.5}),
    # Sequences across the 32 positions at which the factors change.
    "llama-longrope": transformers.LlamaConfig(
        **COMMON, max_position_embeddings=64,
        rope_parameters={
            "rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": 32,
            "short_factor": [1.0, 1.1, 1.3, 1.5], "long_factor": [1.5, 2.0, 3.0, 4.0]}),
    # Sequences longer than the 32 trained positions.
    "qwen2-dynamic": transformers.Qwen2Config(
        **COMMON, max_position_embeddings=32,
        rope_parameters={"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}),
}


def randomize(model):
    """Weights so large that a wrong constant shows, norms around 1."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0, 0.3)
            if "norm" in name and name.endswith("weight"):
                parameter.add_(1)
    return model.float().eval()


def hidden_states(model, ids):
    """Names of skyquant's traces to tensors; transformers' last hidden state is the normed one."""
    output = model(ids, output_hidden_states=True)
    states = [state[0] for state in output.hidden_states]
    names = ["language.embeddings"] + [f"language.layer.{i}" for i in range(len(states) - 2)] + ["language.final_norm"]
    return dict(zip(names, states)) | {"logits": output.logits[0]}


def stepwise_logits(model, ids, prefill):
    """Logits of a prefill of some tokens and then one token at a time, as generation runs."""
    output = model(ids[:, :prefill], use_cache=True)
    rows = [output.logits[0]]
    for position in range(prefill, ids.shape[1]):
        output = model(ids[:, position:position + 1], past_key_values=output.past_key_values, use_cache=True)
        rows.append(output.logits[0])
    return torch.cat(rows)


def write_text_case(name, config):
    torch.manual_seed(20240)
    model = randomize(transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager"))
    ids = torch.randint(0, VOCABULARY, (1, 48))
    golden = hidden_states(model, ids) | {"input_ids": ids[0].int()}
    model(ids[:, :8])  # dynamic scaling keeps the frequencies of its longest sequence until a short one comes
    golden["stepwise.logits"] = stepwise_logits(model, ids, prefill=30)
    directory = ORACLE / name
    model.save_pretrained(directory)
    (directory / "generation_config.json").unlink(missing_ok=True)
    save(golden, directory / "golden.safetensors")


def shuffle(x, version):
    """InternVLChatModel.pixel_shuffle of OpenGVLab/InternVL (2410d1d), x [tiles, side, side, width]."""
    n, w, h, c = x.size()
    x = x.view(n, w, h // 2, c * 2).permute(0, 2, 1, 3).contiguous()
    x = x.view(n, h // 2, w // 2, c * 4)
    return x if version == "v1" else x.permute(0, 2, 1, 3).contiguous()


def chat_names(state):
    """transformers' tower and projector under the names of the InternVLChat layout, with q, k and v fused."""
    renames = [
        ("vision_tower.", "vision_model."), ("cls_token", "class_embedding"),
        ("position_embeddings", "position_embedding"), ("patch_embeddings.projection", "patch_embedding"),
        ("encoder.layer.", "encoder.layers."), ("attention.projection_layer", "attn.proj"), ("attention.", "attn."),
        ("layernorm_before", "norm1"), ("layernorm_after", "norm2"), ("lambda_1", "ls1"), ("lambda_2", "ls2"),
        ("multi_modal_projector.layer_norm", "mlp1.0"), ("multi_modal_projector.linear_1", "mlp1.1"),
        ("multi_modal_projector.linear_2", "mlp1.3")]
    result = {}
    for name, tensor in state.items():
        for old, new in renames:
            name = name.replace(old, new)
        result[name] = tensor
    for name in [n for n in result if ".attn.q_proj." in n]:
        parts = [result.pop(name.replace("q_proj", f"{letter}_proj")) for letter in "qkv"]
        result[name.replace("q_proj", "qkv")] = torch.cat(parts)
    return result


def write_vision_case(name, version, select_layer):
    torch.manual_seed(20241)
    vision = transformers.InternVLVisionConfig(
        hidden_size=50, intermediate_size=70, num_attention_heads=5, num_hidden_layers=3, image_size=[56, 56],
        patch_size=[14, 14], norm_type="rms_norm", use_qk_norm=True, attention_bias=False)
    text = transformers.Qwen2Config(**COMMON | {"num_hidden_layers": 1})
    config = transformers.InternVLConfig(
        vision_config=vision, text_config=text, image_token_id=2, tie_word_embeddings=False)
    model = randomize(transformers.InternVLForConditionalGeneration._from_config(config, attn_implementation="eager"))
    pixels = torch.randn(2, 3, 56, 56)
    states = model.model.vision_tower(pixels, output_hidden_states=True).hidden_states
    grid = states[select_layer][:, 1:].reshape(2, 4, 4, 50)
    tokens = model.model.multi_modal_projector(shuffle(grid, version).reshape(2, 4, 200))
    golden = {"pixel_values": pixels, "projector": tokens, "vision.embeddings": states[0]}
    golden |= {f"vision.layer.{i}": state for i, state in enumerate(states[1:len(states) + select_layer + 1])}
    directory = ORACLE / name
    directory.mkdir(parents=True, exist_ok=True)
    state = {n.removeprefix("model."): t for n, t in model.state_dict().items()}
    state = {n if n.startswith(("vision", "multi")) else chat_text_name(n): t for n, t in state.items()}
    save(chat_names(state), directory / "model.safetensors")
    save(golden, directory / "golden.safetensors")
    chat_config = {
        "model_type": "internvl_chat", "downsample_ratio": 0.5, "force_image_size": 56, "ps_version": version,
        "select_layer": select_layer, "llm_config": text.to_dict(),
        "vision_config": {
            "hidden_size": 50, "intermediate_size": 70, "num_attention_heads": 5, "num_hidden_layers": 3,
            "image_size": 56, "patch_size": 14, "qk_normalization": True, "qkv_bias": False}}
    (directory / "config.json").write_text(json.dumps(chat_config, indent=1))


def chat_text_name(name):
    return name.replace("language_model.", "language_model.model.").replace("lm_head", "language_model.lm_head")


def write_sampling_cases():
    """Rows of [temperature, top_k or 0, top_p,
    repetition penalty] with the probabilities transformers draws from."""
    torch.manual_seed(20242)
    options = torch.tensor(
        [[1, 0, 1, 1], [0.6, 50, 0.95, 1.05], [0.6, 5, 1, 1], [1.5, 0, 0.8, 1], [0.8, 7, 0.5, 1.3], [1, 3, 1, 2],
         [1, 0, 0.01, 1]], dtype=torch.float64)
    logits = torch.randn(len(options), 64) * 3
    logits[2] = (logits[2] * 2).round() / 2  # ties around the fifth score
    generated = torch.randint(0, 64, (len(options), 12))
    rows = []
    for (temperature, top_k, top_p, penalty), scores, ids in zip(options.tolist(), logits, generated):
        steps = [transformers.RepetitionPenaltyLogitsProcessor(penalty)] if penalty != 1 else []
        steps += [transformers.TemperatureLogitsWarper(temperature)]
        steps += [transformers.TopKLogitsWarper(int(top_k))] if top_k else []
        steps += [transformers.TopPLogitsWarper(top_p)] if top_p < 1 else []
        scores = transformers.LogitsProcessorList(steps)(ids[None], scores[None].clone())
        rows.append(scores.softmax(-1)[0])
    save({"options": options.float(), "logits": logits, "generated": generated.int(), "probabilities": torch.stack(rows)},
         ORACLE / "sampling.safetensors")


def save(tensors, path):
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, path)


if __name__ == "__main__":
    ORACLE.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        for case, case_config in TEXT_CASES.items():
            if not sys.argv[1:] or case in sys.argv[1:]:
                write_text_case(case, case_config)
        if not sys.argv[1:]:
            write_vision_case("vision-v1-select-2", "v1", -2)
            write_sampling_cases()
