"""Runs one benchmark case with PyTorch: python3 worker.py CASE MODEL_FOLDER INPUTS_FOLDER THREADS.

Prints one line of JSON when warmed up, one for each line "run" on stdin, and one at its end."""

import json
import re
import sys
import time
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from model import LONG, SHORT, FgClip, load_parameters, stage2_loss


def padded(texts, length, pad):
    return torch.tensor([text + [pad] * (length - len(text)) for text in texts])


def region_tensors(regions):
    return {
        "image": torch.tensor(regions["image"]),
        "rows": torch.tensor(regions["rows"]),
        "columns": torch.tensor(regions["columns"]),
    }


def attention_flops(query, key, value, *args, out_shape=None, **kwargs):
    batch, heads, queries, width = query
    return 2 * batch * heads * queries * key[2] * (width + value[3])


def flop_counter():
    """PyTorch's counter, which does not know the CPU's attention."""
    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    return FlopCounterMode(display=False, custom_mapping={attention: attention_flops})


def make_case(name, model, inputs, pixels):
    """(one run, the floating-point operations of its products, a few of its results)."""
    pad = model.text["pad_token_id"]

    def forward_case(forward):
        def run():
            with torch.inference_mode():
                return forward()

        with flop_counter() as counter:
            result = run()
        return run, counter.get_total_flops(), result.reshape(-1, result.shape[-1]).sum(0).tolist()

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


def peak_memory():
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024


def main():
    name, model_folder, inputs_folder, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    folder = Path(model_folder)
    config = json.loads((folder / "config.json").read_text())
    model = FgClip(load_parameters(folder / "model.safetensors"), config)
    inputs = json.loads((Path(inputs_folder) / "inputs.json").read_text())
    raw = bytearray((Path(inputs_folder) / "pixels.f32").read_bytes())
    pixels = torch.frombuffer(raw, dtype=torch.float32).view(inputs["pixelsShape"])

    run, flops, check = make_case(name, model, inputs, pixels)
    run()
    print(json.dumps({"flops": flops, "check": check}), flush=True)
    for _ in sys.stdin:
        start, processor_start = time.perf_counter(), time.process_time()
        run()
        timing = {
            "milliseconds": (time.perf_counter() - start) * 1e3,
            "processorMilliseconds": (time.process_time() - processor_start) * 1e3,
        }
        print(json.dumps(timing), flush=True)
    print(json.dumps({"peakBytes": peak_memory()}), flush=True)


main()
