"""Which tensors a config.json asks for, and of which shapes: what contradicts that cannot be computed.

Written from the models' own code (modeling_internvl_chat.py, modeling_intern_vit.py, transformers' internvl,
qwen2, qwen3 and llama), for configs that state what the small models state.
"""

TEXT_KEYS = {"chat": "llm_config", "native": "text_config"}

# What a layer of the tower is called in the chat layout, and in transformers' own.
NATIVE_TOWER = {"attn.proj.": "attention.projection_layer.", "attn.": "attention.", "norm1.": "layernorm_before.",
                "norm2.": "layernorm_after.", "ls1": "lambda_1", "ls2": "lambda_2"}


def layout(config):
    """`chat`, `native` or `text`."""
    return "chat" if "llm_config" in config else "native" if "text_config" in config else "text"


def text_config(config):
    """The language model's part of a config."""
    return config.get(TEXT_KEYS.get(layout(config)), config)


def head_width(config):
    """Width of one head of a language model."""
    share = config["hidden_size"] // config["num_attention_heads"]
    return config.get("head_dim", 128 if config["model_type"] == "qwen3" else share)


def decoder_shapes(config, prefix, is_tied):
    hidden, mlp, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    width = head_width(config)
    queries, keys = heads * width, config.get("num_key_value_heads", heads) * width
    has_bias = config["model_type"] == "qwen2" or config.get("attention_bias", False)
    yield f"{prefix}model.embed_tokens.weight", [config["vocab_size"], hidden]
    for layer in range(config["num_hidden_layers"]):
        at = f"{prefix}model.layers.{layer}."
        yield at + "input_layernorm.weight", [hidden]
        for part, rows in ("q", queries), ("k", keys), ("v", keys):
            yield f"{at}self_attn.{part}_proj.weight", [rows, hidden]
            if has_bias:
                yield f"{at}self_attn.{part}_proj.bias", [rows]
        if config["model_type"] == "qwen3":
            yield at + "self_attn.q_norm.weight", [width]
            yield at + "self_attn.k_norm.weight", [width]
        yield at + "self_attn.o_proj.weight", [hidden, queries]
        yield at + "post_attention_layernorm.weight", [hidden]
        yield at + "mlp.gate_proj.weight", [mlp, hidden]
        yield at + "mlp.up_proj.weight", [mlp, hidden]
        yield at + "mlp.down_proj.weight", [hidden, mlp]
    yield f"{prefix}model.norm.weight", [hidden]
    if not is_tied:
        yield f"{prefix}lm_head.weight", [config["vocab_size"], hidden]


def tower_layer_shapes(config, is_native):
    """Names, in the chat layout, and shapes of one layer of the tower."""
    width, mlp = config["hidden_size"], config["intermediate_size"]
    if is_native:
        for part in "qkv":
            yield f"attn.{part}_proj.weight", [width, width]
            if config["attention_bias"]:
                yield f"attn.{part}_proj.bias", [width]
    else:
        yield "attn.qkv.weight", [3 * width, width]
        if config["qkv_bias"]:
            yield "attn.qkv.bias", [3 * width]
    if config["use_qk_norm" if is_native else "qk_normalization"]:
        yield "attn.q_norm.weight", [width]
        yield "attn.k_norm.weight", [width]
    yield from {"attn.proj.weight": [width, width], "attn.proj.bias": [width], "ls1": [width], "ls2": [width],
                "mlp.fc1.weight": [mlp, width], "mlp.fc1.bias": [mlp], "mlp.fc2.weight": [width, mlp],
                "mlp.fc2.bias": [width], "norm1.weight": [width], "norm2.weight": [width]}.items()
    if config["norm_type"] == "layer_norm":
        yield "norm1.bias", [width]
        yield "norm2.bias", [width]


def side(value):
    return value[0] if isinstance(value, list) else value


def vision_shapes(config, is_native):
    vision = config["vision_config"]
    width, patch, hidden = vision["hidden_size"], side(vision["patch_size"]), text_config(config)["hidden_size"]
    tower = "vision_tower." if is_native else "vision_model."
    class_token, positions, embedding = (
        ("cls_token", "position_embeddings", "patch_embeddings.projection") if is_native
        else ("class_embedding", "position_embedding", "patch_embedding"))
    yield f"{tower}embeddings.{class_token}", [1, 1, width]
    yield f"{tower}embeddings.{positions}", [1, (side(vision["image_size"]) // patch) ** 2 + 1, width]
    yield f"{tower}embeddings.{embedding}.weight", [width, 3, patch, patch]
    yield f"{tower}embeddings.{embedding}.bias", [width]
    for layer in range(vision["num_hidden_layers"]):
        for name, shape in tower_layer_shapes(vision, is_native):
            known = next((key for key in NATIVE_TOWER if is_native and name.startswith(key)), "")
            yield (f"{tower}encoder.{'layer' if is_native else 'layers'}.{layer}."
                   f"{NATIVE_TOWER.get(known, '')}{name.removeprefix(known)}"), shape
    folded = width * round(1 / config["downsample_ratio"]) ** 2
    modules = (("multi_modal_projector.layer_norm", "multi_modal_projector.linear_1", "multi_modal_projector.linear_2")
               if is_native else ("mlp1.0", "mlp1.1", "mlp1.3"))
    for module, shape in zip(modules, ([folded], [hidden, folded], [hidden, hidden])):
        yield f"{module}.weight", shape
        yield f"{module}.bias", shape[:1]


def required(config):
    """Names and shapes of all tensors that the model of a config is computed from, as its files call them."""
    form, text = layout(config), text_config(config)
    if form != "text":
        yield from vision_shapes(config, form == "native")
    is_tied = text.get("tie_word_embeddings", False)
    yield from decoder_shapes(text, "" if form == "text" else "language_model.", is_tied)


def contradiction(config, shapes):
    """The first thing in which weights, by name and shape, are not what their config asks for;
    None if all fits."""
    def without_ones(shape):
        return [extent for extent in shape if extent != 1]

    for name, shape in required(config):
        if name not in shapes:
            return f"{name} is missing"
        if without_ones(shapes[name]) != without_ones(shape):
            return f"{name} is {shapes[name]}, the config asks for {shape}"
    surplus = f"model.layers.{text_config(config)['num_hidden_layers']}."
    return next((f"{name} belongs to no layer of the config" for name in shapes if surplus in name), None)
