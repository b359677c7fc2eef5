"""Make Tests/ModelFilesTests/Resources/native: a tiny random model in transformers' own InternVL layout, as
transformers writes it, with the logits transformers computes.

  pip install torch transformers safetensors        # written with torch 2.15, transformers 5.23
  python Scripts/golden/native_layout.py Tests/ModelFilesTests/Resources/native

It holds what the names and config keys of the native layout mean, independently of our renaming.
"""
import os
import sys

import torch
import transformers
from safetensors.torch import save_file

IMAGE_TOKEN = 60


def main(out):
    torch.manual_seed(3)
    vision = dict(
        hidden_size=32, intermediate_size=48, num_attention_heads=4, num_hidden_layers=2, image_size=[28, 28],
        patch_size=[7, 7], num_channels=3, hidden_act="gelu", layer_norm_eps=1e-6, norm_type="layer_norm",
        use_qk_norm=False, attention_bias=True, use_mask_token=False,
    )
    text = transformers.Qwen2Config(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=64, max_position_embeddings=256, rope_theta=10000.0, tie_word_embeddings=False,
    )
    config = transformers.InternVLConfig(
        vision_config=vision, text_config=text, image_token_id=IMAGE_TOKEN, image_seq_length=4, downsample_ratio=0.5,
        tie_word_embeddings=False,
    )
    model = transformers.InternVLForConditionalGeneration._from_config(config, attn_implementation="eager").float()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    model.eval()
    model.save_pretrained(out)
    os.remove(os.path.join(out, "generation_config.json"))
    pixels = torch.randn(2, 3, 28, 28)
    ids = torch.tensor([[5, 9] + [IMAGE_TOKEN] * 8 + [3, 17, 44, 2]])
    with torch.no_grad():
        logits = model(input_ids=ids, pixel_values=pixels).logits[0]
    save_file({"pixel_values": pixels, "input_ids": ids[0], "logits": logits.contiguous()}, f"{out}/golden.safetensors")


main(sys.argv[1])
