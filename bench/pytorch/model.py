"""FG-CLIP in plain PyTorch, as its published form runs it: every text padded to 77 or 248 tokens, every
token through every block. Only the benchmark uses it."""

import json

import torch
import torch.nn.functional as F

SHORT, LONG, KEPT = 77, 248, 20


def load_parameters(path):
    """The float32 tensors of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        header.pop("__metadata__", None)
        parameters = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            values = torch.frombuffer(bytearray(file.read(end - begin)), dtype=torch.float32)
            parameters[name] = values.reshape(entry["shape"])
    return parameters


class FgClip:
    def __init__(self, parameters, config):
        self.p = parameters
        self.vision = config["vision_config"]
        self.text = config["text_config"]

    def linear(self, name, x):
        return F.linear(x, self.p[f"{name}.weight"], self.p.get(f"{name}.bias"))

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.p[f"{name}.weight"], self.p[f"{name}.bias"], 1e-5)

    def mlp(self, name, x):
        hidden = self.linear(f"{name}.fc1", x)
        return self.linear(f"{name}.fc2", hidden * torch.sigmoid(1.702 * hidden))

    def block(self, name, x, heads, causal=False):
        batch, tokens, width = x.shape
        normed = self.norm(f"{name}.layer_norm1", x)
        q, k, v = (
            self.linear(f"{name}.self_attn.{part}_proj", normed)
            .view(batch, tokens, heads, width // heads)
            .transpose(1, 2)
            for part in "qkv"
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        mixed = mixed.transpose(1, 2).reshape(batch, tokens, width)
        x = x + self.linear(f"{name}.self_attn.out_proj", mixed)
        return x + self.mlp(f"{name}.mlp", self.norm(f"{name}.layer_norm2", x))

    def unmixed_block(self, name, x):
        value = self.linear(f"{name}.self_attn.v_proj", self.norm(f"{name}.layer_norm1", x))
        x = x + self.linear(f"{name}.self_attn.out_proj", value)
        return x + self.mlp(f"{name}.mlp", self.norm(f"{name}.layer_norm2", x))

    def project_image(self, x):
        return self.linear("visual_projection", self.norm("vision_model.post_layernorm", x))

    def vision_blocks(self, pixels, last):
        """The tokens that enter block `last`."""
        e = "vision_model.embeddings"
        patches = F.conv2d(
            pixels, self.p[f"{e}.patch_embedding.weight"], stride=self.vision["patch_size"]
        )
        patches = patches.flatten(2).transpose(1, 2)
        first = self.p[f"{e}.class_embedding"].expand(len(pixels), 1, -1)
        x = torch.cat([first, patches], 1) + self.p[f"{e}.position_embedding.weight"]
        x = self.norm("vision_model.pre_layrnorm", x)
        for i in range(last):
            x = self.block(
                f"vision_model.encoder.layers.{i}", x, self.vision["num_attention_heads"]
            )
        return x

    def image_features(self, pixels):
        return self.global_features(self.vision_blocks(pixels, self.vision["num_hidden_layers"] - 1))

    def global_features(self, entering_last):
        layers, heads = self.vision["num_hidden_layers"], self.vision["num_attention_heads"]
        x = self.block(f"vision_model.encoder.layers.{layers - 1}", entering_last, heads)
        return self.project_image(x[:, 0])

    def dense_features(self, entering_last):
        layers = self.vision["num_hidden_layers"]
        x = self.unmixed_block(f"vision_model.encoder.layers.{layers - 1}", entering_last)
        return self.project_image(x[:, 1:])

    def text_features(self, ids, long):
        """ids: [texts, 77] or [texts, 248]."""
        e = "text_model.embeddings"
        if long:
            positions = torch.cat(
                [
                    self.p[f"{e}.position_embedding_ori.weight"][:KEPT],
                    self.p[f"{e}.position_embedding_res.weight"][KEPT:],
                ]
            )
        else:
            positions = self.p[f"{e}.position_embedding.weight"]
        x = F.embedding(ids, self.p[f"{e}.token_embedding.weight"]) + positions
        for i in range(self.text["num_hidden_layers"]):
            name = f"text_model.encoder.layers.{i}"
            x = self.block(name, x, self.text["num_attention_heads"], causal=True)
        x = self.norm("text_model.final_layer_norm", x)
        ends = (ids == self.text["eos_token_id"]).int().argmax(1)
        pooled = x[torch.arange(len(ids)), ends]
        return self.linear("text_filip_projection" if long else "text_projection", pooled)


def info_nce(a, b, scale):
    logits = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T * scale.exp()
    labels = torch.arange(len(a))
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def stage2_loss(model, batch):
    """The sum of the four losses of stage 2, and its parts."""
    p = model.p
    entering_last = model.vision_blocks(batch["pixels"], model.vision["num_hidden_layers"] - 1)
    images = model.global_features(entering_last)
    long = model.text_features(batch["long"], long=True)
    short = model.text_features(batch["short"], long=False)
    dense = model.dense_features(entering_last)
    side = int(dense.shape[1] ** 0.5)
    maps = dense.view(len(dense), side, side, -1)

    def pool(regions):
        return torch.einsum(
            "ry,rx,ryxc->rc", regions["rows"], regions["columns"], maps[regions["image"]]
        )

    region_texts = model.text_features(batch["region_texts"], long=False)
    regional = info_nce(pool(batch["regions"]), region_texts, p["logit_scale_finegraind"])

    hard_texts = model.text_features(batch["hard_texts"], long=False)
    slots = len(batch["hard"]["image"])
    texts = F.normalize(hard_texts, dim=-1).view(slots, -1, hard_texts.shape[-1])
    own = F.normalize(pool(batch["hard"]), dim=-1)
    logits = torch.einsum("rc,rtc->rt", own, texts) * p["logit_scale_hardneg"].exp()
    hard = F.cross_entropy(logits, torch.zeros(slots, dtype=torch.long))

    image_long = info_nce(images, long, p["logit_scale"])
    image_short = info_nce(images, short, p["logit_scale"])
    total = image_long + image_short + 0.1 * regional + 0.5 * hard
    return total, [image_long, image_short, regional, hard]
