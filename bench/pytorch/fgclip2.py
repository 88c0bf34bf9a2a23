"""FG-CLIP 2 in plain PyTorch. Pictures of a run have one shape, so that nothing is padded and nothing masked. Only the
benchmark uses it."""

import torch
import torch.nn.functional as F

KEPT = 20


class FgClip2:
    def __init__(self, parameters, config):
        self.p = parameters
        self.vision = config["vision_config"]
        self.text = config["text_config"]

    def linear(self, name, x):
        return F.linear(x, self.p[f"{name}.weight"], self.p[f"{name}.bias"])

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.p[f"{name}.weight"], self.p[f"{name}.bias"], 1e-6)

    def mlp(self, name, x):
        return self.linear(f"{name}.fc2", F.gelu(self.linear(f"{name}.fc1", x), approximate="tanh"))

    def attention(self, q, k, v, heads):
        split = lambda x: x.view(*x.shape[:2], heads, -1).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(split(q), split(k), split(v))
        return mixed.transpose(1, 2).reshape(q.shape)

    def block(self, name, x, heads):
        normed = self.norm(f"{name}.layer_norm1", x)
        q, k, v = (self.linear(f"{name}.self_attn.{part}_proj", normed) for part in "qkv")
        x = x + self.linear(f"{name}.self_attn.out_proj", self.attention(q, k, v, heads))
        return x + self.mlp(f"{name}.mlp", self.norm(f"{name}.layer_norm2", x))

    def encode_patches(self, patches, rows, columns):
        e = "vision_model.embeddings"
        table = self.p[f"{e}.position_embedding.weight"]
        side = int(len(table) ** 0.5)
        grid = table.view(1, side, side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, (rows, columns), mode="bilinear", antialias=True)
        x = self.linear(f"{e}.patch_embedding", patches) + grid.flatten(2).transpose(1, 2)
        for i in range(self.vision["num_hidden_layers"]):
            x = self.block(f"vision_model.encoder.layers.{i}", x, self.vision["num_attention_heads"])
        return self.norm("vision_model.post_layernorm", x)

    def head(self, name, queries, tokens):
        """The probe as the only query, or every token."""
        weights = self.p[f"{name}.attention.in_proj_weight"].chunk(3)
        biases = self.p[f"{name}.attention.in_proj_bias"].chunk(3)
        q, k, v = (F.linear(x, w, b) for x, w, b in zip((queries, tokens, tokens), weights, biases))
        mixed = self.attention(q, k, v, self.vision["num_attention_heads"])
        a = self.linear(f"{name}.attention.out_proj", mixed)
        return a + self.mlp(f"{name}.mlp", self.norm(f"{name}.layernorm", a))

    def image_features(self, patches, rows, columns):
        tokens = self.encode_patches(patches, rows, columns)
        probe = self.p["vision_model.head.probe"].expand(len(tokens), 1, -1)
        return self.head("vision_model.head", probe, tokens)[:, 0]

    def dense_features(self, patches, rows, columns):
        tokens = self.encode_patches(patches, rows, columns)
        return self.head("dense_feature_head", tokens, tokens)

    def text_features(self, ids, long):
        e = "text_model.embeddings"
        table = lambda suffix: self.p[f"{e}.position_embedding{suffix}.weight"]
        positions = torch.cat([table("_ori")[:KEPT], table("_res")[KEPT:]]) if long else table("")
        x = F.embedding(ids, self.p[f"{e}.token_embedding.weight"]) + positions
        for i in range(self.text["num_hidden_layers"]):
            x = self.block(f"text_model.encoder.layers.{i}", x, self.text["num_attention_heads"])
        last = self.norm("text_model.final_layer_norm", x)[:, -1]
        return self.linear("longtext_head" if long else "text_model.head", last)
