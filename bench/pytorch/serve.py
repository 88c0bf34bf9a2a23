"""A worker's part, whatever it runs."""

import json
import re
import sys
import time
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode


def attention_flops(query, key, value, *args, out_shape=None, **kwargs):
    batch, heads, queries, width = query
    return 2 * batch * heads * queries * key[2] * (width + value[3])


def flop_counter():
    """PyTorch's counter, which does not know the CPU's attention."""
    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    return FlopCounterMode(display=False, custom_mapping={attention: attention_flops})


def forward_case(forward):
    """(one run, the floating-point operations of its products, a few of its results)."""

    def run():
        with torch.inference_mode():
            return forward()

    with flop_counter() as counter:
        result = run()
    return run, counter.get_total_flops(), result.reshape(-1, result.shape[-1]).sum(0).tolist()


def peak_memory():
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024


def serve_runs(run, flops, check):
    """Prints one line of JSON when warmed up, one for each line on stdin, and one at its end."""
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
