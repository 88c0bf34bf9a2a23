"""Finds 80 names in one photograph after the other with ultralytics: peers.py MODEL PHOTOGRAPHS...

MODEL is yoloe-11s or yolov8s-worldv2, with random weights and random features of the names: what is timed does not
depend on them. Prints a line of JSON when warmed up, one for each line on stdin, and one at its end."""

import json
import os
import resource
import sys
import time

import torch
from ultralytics import YOLOE, YOLOWorld

model, *files = sys.argv[1:]
torch.manual_seed(0)
names = [f"thing {i}" for i in range(80)]
features = torch.nn.functional.normalize(torch.randn(1, 80, 512), dim=-1)
if model.startswith("yoloe"):
    detector = YOLOE(f"{model}.yaml")
    detector.set_classes(names, features)
else:
    detector = YOLOWorld(f"{model}.yaml")
    detector.model.txt_feats = features
    detector.model.names = dict(enumerate(names))

turn = 0


def find():
    global turn
    detector.predict(files[turn % len(files)], imgsz=640, device="cpu", verbose=False)
    turn += 1


find()
# Loading a model leaves ultralytics with one thread fewer than there are cores.
torch.set_num_threads(os.cpu_count())
for _ in range(3):
    find()
turn = 0
print(json.dumps({"flops": 0, "check": []}), flush=True)
for _ in sys.stdin:
    processor = time.process_time()
    start = time.perf_counter()
    find()
    milliseconds = 1000 * (time.perf_counter() - start)
    spent = 1000 * (time.process_time() - processor)
    print(json.dumps({"milliseconds": milliseconds, "processorMilliseconds": spent}), flush=True)
peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"peakBytes": peak}), flush=True)
