"""InternViT + mlp1 + Qwen2 in PyTorch; module names are the tensor names of the
Skywork-R1V checkpoint layout.

Follows OpenGVLab/InternVL modeling_intern_vit.py and modeling_internvl_chat.py, and
transformers' modeling_qwen2.py.
"""

import torch
from torch import nn
from torch.nn import functional as F


class RMSNorm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class VisionAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.heads = config["num_attention_heads"]
        self.qkv = nn.Linear(width, 3 * width, bias=config["qkv_bias"])
        self.q_norm, self.k_norm = RMSNorm(width, eps), RMSNorm(width, eps)  # over all heads together
        self.proj = nn.Linear(width, width)

    def forward(self, x):  # [tiles, tokens, width]
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (
            part.view(batch, tokens, self.heads, -1).transpose(1, 2) for part in (self.q_norm(q), self.k_norm(k), v)
        )
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width))


class VisionMLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc1 = nn.Linear(config["hidden_size"], config["intermediate_size"])
        self.fc2 = nn.Linear(config["intermediate_size"], config["hidden_size"])

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class VisionLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.attn, self.mlp = VisionAttention(config), VisionMLP(config)
        self.norm1, self.norm2 = RMSNorm(width, eps), RMSNorm(width, eps)
        self.ls1 = nn.Parameter(torch.full((width,), config["initializer_factor"]))
        self.ls2 = nn.Parameter(torch.full((width,), config["initializer_factor"]))

    def forward(self, x):
        x = x + self.ls1 * self.attn(self.norm1(x))
        return x + self.ls2 * self.mlp(self.norm2(x))


class VisionEmbeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, patch = config["hidden_size"], config["patch_size"]
        patches = (config["image_size"] // patch) ** 2
        self.class_embedding = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.patch_embedding = nn.Conv2d(config["num_channels"], width, patch, stride=patch)
        self.position_embedding = nn.Parameter(torch.randn(1, 1 + patches, width) * 0.02)

    def forward(self, pixels):
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        classes = self.class_embedding.expand(len(patches), -1, -1)
        return torch.cat([classes, patches], dim=1) + self.position_embedding


class VisionTower(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embeddings = VisionEmbeddings(config)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(VisionLayer(config) for _ in range(config["num_hidden_layers"]))

    def forward(self, pixels):  # [tiles, 3, size, size] -> [tiles, 1 + patches, width]; there is no final norm
        x = self.embeddings(pixels)
        for layer in self.encoder.layers:
            x = layer(x)
        return x


def rotate(x, theta):
    """Rotary position embedding, half rotation; x is [batch, heads, tokens, head_dim]."""
    half = x.shape[-1] // 2
    frequencies = theta ** (-torch.arange(half, dtype=torch.float32) / half)
    angles = torch.arange(x.shape[2], dtype=torch.float32)[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    low, high = x[..., :half], x[..., half:]
    return torch.cat([low * cos - high * sin, high * cos + low * sin], dim=-1)


class DecoderAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.kv_heads, self.theta = config["num_key_value_heads"], config["rope_theta"]
        kv_width = width // self.heads * self.kv_heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj, self.v_proj = nn.Linear(width, kv_width), nn.Linear(width, kv_width)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(self, x):
        batch, tokens, width = x.shape
        q = self.q_proj(x).view(batch, tokens, self.heads, -1).transpose(1, 2)
        k, v = (part(x).view(batch, tokens, self.kv_heads, -1).transpose(1, 2) for part in (self.k_proj, self.v_proj))
        q, k = rotate(q, self.theta), rotate(k, self.theta)
        k, v = (part.repeat_interleave(self.heads // self.kv_heads, dim=1) for part in (k, v))
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(attended.transpose(1, 2).reshape(batch, tokens, width))


class DecoderMLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, inner = config["hidden_size"], config["intermediate_size"]
        self.gate_proj, self.up_proj = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, eps = config["hidden_size"], config["rms_norm_eps"]
        self.self_attn, self.mlp = DecoderAttention(config), DecoderMLP(config)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(width, eps), RMSNorm(width, eps)

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class LanguageModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["hidden_size"]
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], width)
        self.model.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config["num_hidden_layers"]))
        self.model.norm = RMSNorm(width, config["rms_norm_eps"])
        self.lm_head = nn.Linear(width, config["vocab_size"], bias=False)

    def forward(self, embeddings):  # [batch, tokens, width] -> [batch, tokens, vocabulary]
        for layer in self.model.layers:
            embeddings = layer(embeddings)
        return self.lm_head(self.model.norm(embeddings))


class VisionLanguageModel(nn.Module):
    def __init__(self, config, image_token_id):
        super().__init__()
        vision, text = config["vision_config"], config["llm_config"]
        self.image_token_id = image_token_id
        self.vision_model = VisionTower(vision)
        width = 4 * vision["hidden_size"]
        self.mlp1 = nn.Sequential(
            nn.LayerNorm(width),  # eps 1e-5, PyTorch's default
            nn.Linear(width, text["hidden_size"]),
            nn.GELU(),
            nn.Linear(text["hidden_size"], text["hidden_size"]),
        )
        self.language_model = LanguageModel(text)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=text["initializer_range"])

    def image_tokens(self, pixels):
        """[tiles, 3, size, size] -> [tiles * tokens, hidden]: class token dropped,
        2x2 pixel shuffle v2, mlp1."""
        x = self.vision_model(pixels)[:, 1:]
        count, patches, width = x.shape
        side = int(patches**0.5)
        x = x.view(count, side // 2, 2, side // 2, 2, width).permute(0, 1, 3, 2, 4, 5)
        return self.mlp1(x.reshape(count * patches // 4, 4 * width))

    def forward(self, ids, pixels):  # [batch, tokens], all tiles of the batch in order -> logits
        embeddings = self.language_model.model.embed_tokens(ids)
        mask = (ids == self.image_token_id).unsqueeze(-1)
        return self.language_model(embeddings.masked_scatter(mask, self.image_tokens(pixels)))
