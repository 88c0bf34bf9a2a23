"""Runs one benchmark case with PyTorch: python3 worker.py CASE MODEL_FOLDER INPUTS_FOLDER THREADS."""

import json
import re
import sys
from pathlib import Path

import torch

from model import LONG, SHORT, FgClip, load_parameters, stage2_loss
from serve import flop_counter, forward_case, serve_runs


def padded(texts, length, pad):
    return torch.tensor([text + [pad] * (length - len(text)) for text in texts])


def region_tensors(regions):
    return {
        "image": torch.tensor(regions["image"]),
        "rows": torch.tensor(regions["rows"]),
        "columns": torch.tensor(regions["columns"]),
    }


def make_case(name, model, inputs, pixels):
    """(one run, the floating-point operations of its products, a few of its results)."""
    pad = model.text["pad_token_id"]

    if name.startswith("image"):
        images = pixels[: int(name.removeprefix("image"))]
        return forward_case(lambda: model.image_features(images))
    if name == "dense":
        last = model.vision["num_hidden_layers"] - 1
        return forward_case(lambda: model.dense_features(model.vision_blocks(pixels, last)))
    if name == "short":
        ids = padded(inputs["short"], SHORT, pad)
        return forward_case(lambda: model.text_features(ids, long=False))
    if name == "long":
        ids = padded(inputs["long"], LONG, pad)
        return forward_case(lambda: model.text_features(ids, long=True))
    return training_case(model, inputs["training"], pixels, pad)


def training_case(model, training, pixels, pad):
    batch = {
        "pixels": pixels,
        "long": padded(training["long"], LONG, pad),
        "short": padded(training["short"], SHORT, pad),
        "region_texts": padded(training["regionTexts"], SHORT, pad),
        "hard_texts": padded(training["hardTexts"], SHORT, pad),
        "regions": region_tensors(training["regions"]),
        "hard": region_tensors(training["hard"]),
    }
    for values in model.p.values():
        values.requires_grad_()
    undecayed = re.compile("bias|layer_?norm|layrnorm")
    groups = [
        {"params": [v for n, v in model.p.items() if not undecayed.search(n)], "weight_decay": 1e-3},
        {"params": [v for n, v in model.p.items() if undecayed.search(n)], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=training["learningRate"], betas=(0.9, 0.999))

    def run():
        optimizer.zero_grad()
        total, parts = stage2_loss(model, batch)
        total.backward()
        optimizer.step()
        return [part.item() for part in parts]

    with flop_counter() as counter, torch.no_grad():
        stage2_loss(model, batch)
    return run, 3 * counter.get_total_flops(), run()


def main():
    name, model_folder, inputs_folder, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    folder = Path(model_folder)
    config = json.loads((folder / "config.json").read_text())
    model = FgClip(load_parameters(folder / "model.safetensors"), config)
    inputs = json.loads((Path(inputs_folder) / "inputs.json").read_text())
    raw = bytearray((Path(inputs_folder) / "pixels.f32").read_bytes())
    pixels = torch.frombuffer(raw, dtype=torch.float32).view(inputs["pixelsShape"])

    serve_runs(*make_case(name, model, inputs, pixels))


main()
