"""Runs one case of bench/fgclip2 with PyTorch: python3 fgclip2_worker.py CASE MODEL_FOLDER INPUTS_FOLDER THREADS."""

import json
import re
import sys
from pathlib import Path

import torch

from fgclip2 import FgClip2
from model import load_parameters
from serve import forward_case, serve_runs


def make_case(name, model, inputs, patches):
    if name in ("short", "long"):
        ids = torch.tensor(inputs[name])
        return forward_case(lambda: model.text_features(ids, long=name == "long"))
    part, limit, count = re.fullmatch(r"(\w+?)(\d+)x(\d+)", name).groups()
    grid, count = inputs["grids"][limit], int(count)
    places = grid["rows"] * grid["columns"]
    pictures = patches[: count * places * 768].view(count, places, 768)
    features = model.image_features if part == "image" else model.dense_features
    return forward_case(lambda: features(pictures, grid["rows"], grid["columns"]))


def main():
    name, model_folder, inputs_folder, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    folder, inputs = Path(model_folder), Path(inputs_folder)
    config = json.loads((folder / "config.json").read_text())
    model = FgClip2(load_parameters(folder / "model.safetensors"), config)
    patches = torch.frombuffer(bytearray((inputs / "patches.f32").read_bytes()), dtype=torch.float32)
    given = json.loads((inputs / "inputs.json").read_text())
    serve_runs(*make_case(name, model, given, patches))


main()
