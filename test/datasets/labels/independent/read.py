"""Reads what writeSamples.ts wrote with programs of others and compares boxes.

/usr/bin/python3 read.py <folder>    needs Debian's labelme, python3-torchvision, python3-yaml, python3-pil, and
pycocotools.
Where no reader of others could be had, the format's own description is checked; the last column says so.
"""
import json
import os
import sys
import xml.etree.ElementTree as ET

import yaml
from PIL import Image

folder = sys.argv[1]
at = lambda *parts: os.path.join(folder, *parts)
expected = json.load(open(at("expected.json")))


def check(name, how, found, tolerance=0.01):
    """found: {file: [(label, x1, y1, x2, y2, score or None)]}"""
    scored = name not in ("voc", "yolo")
    for image in expected:
        boxes = found.pop(image["file"])
        assert len(boxes) == len(image["boxes"]), (name, image["file"])
        for got, want in zip(boxes, image["boxes"]):
            assert got[0] == want["label"], (name, got, want)
            assert all(abs(a - b) < tolerance for a, b in zip(got[1:5], want["box"])), (name, got, want)
            assert got[5] == (want.get("score") if scored else None), (name, got, want)
    assert not found, (name, found)
    print(f"{name:9} same pictures, labels, boxes{' and scores' if scored else ''}: {how}")


# labelme: its own class, which also opens the picture that imagePath names.
from labelme.label_file import LabelFile

found = {}
for image in expected:
    file = LabelFile(at("labelme", os.path.splitext(image["file"])[0] + ".json"))
    path = os.path.join(at("labelme"), os.path.dirname(image["file"]), file.imagePath)
    assert os.path.samefile(path, at("photos", image["file"])) and len(file.imageData) > 0
    found[image["file"]] = []
    for shape in file.shapes:
        assert shape["shape_type"] == "rectangle"
        description = json.loads(shape["other_data"].get("description", shape.get("description")) or "{}")
        box = [side for point in shape["points"] for side in point]
        found[image["file"]].append((shape["label"], *box, description.get("score")))
check("labelme", "labelme.label_file.LabelFile", found)

# Pascal VOC: torchvision's parser.
from torchvision.datasets import VOCDetection

found = {}
for image in expected:
    path = at("voc", os.path.splitext(image["file"])[0] + ".xml")
    content = VOCDetection.parse_voc_xml(ET.parse(path).getroot())["annotation"]
    with Image.open(at("photos", image["file"])) as picture:
        assert picture.size == tuple(int(content["size"][side]) for side in ("width", "height"))
    assert content["filename"] == os.path.basename(image["file"])
    sides = ("xmin", "ymin", "xmax", "ymax")
    found[image["file"]] = [
        (each["name"], *(float(each["bndbox"][side]) for side in sides), None)
        for each in content.get("object", [])
    ]
check("voc", "torchvision.datasets.VOCDetection.parse_voc_xml", found)

# YOLO: PyYAML, Pillow and Ultralytics' rule for paths.
config = yaml.safe_load(open(at("yolo", "data.yaml")))
assert all(isinstance(name, str) for name in config["names"].values())
found = {}
for line in open(at("yolo", config["train"])).read().strip().splitlines():
    path = line.replace("./", at("yolo") + os.sep)
    labels = f"{os.sep}labels{os.sep}".join(path.rsplit(f"{os.sep}images{os.sep}", 1)).rsplit(".", 1)[0] + ".txt"
    file = next(each["file"] for each in expected if os.path.samefile(at("photos", each["file"]), path))
    with Image.open(path) as picture:
        width, height = picture.size
    found[file] = []
    for row in open(labels):
        number, *shares = row.split()
        cx, cy, w, h = map(float, shares)
        assert all(0 <= share <= 1 for share in (cx, cy, w, h))
        box = ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)
        found[file].append((config["names"][int(number)], *box, None))
check("yolo", "PyYAML, Pillow; Ultralytics' rule for paths, restated", found)

# CVAT: as its documentation describes the file.
root = ET.parse(at("cvat", "labels.xml")).getroot()
assert root.findtext("version") == "1.1"
declared = {
    label.findtext("name"): {each.findtext("name") for each in label.iter("attribute")}
    for label in root.find("meta").iter("label")
}
found = {}
for image in root.findall("image"):
    found[image.get("name")] = []
    for box in image.findall("box"):
        values = {each.get("name"): each.text for each in box.findall("attribute")}
        assert set(values) <= declared[box.get("label")]
        assert box.get("occluded") in "01" and box.get("z_order") == "0"
        score = float(values["score"]) if "score" in values else None
        assert box.get("source") == ("manual" if score is None else "auto")
        sides = (float(box.get(side)) for side in ("xtl", "ytl", "xbr", "ybr"))
        found[image.get("name")].append((box.get("label"), *sides, score))
check("cvat", "ElementTree; CVAT's documentation, restated", found)

# COCO: its own tools.
from pycocotools.coco import COCO

content = COCO(at("coco", "labels.json"))
found = {each["file_name"]: [] for each in content.imgs.values()}
for each in content.loadAnns(content.getAnnIds()):
    x, y, w, h = each["bbox"]
    name = content.cats[each["category_id"]]["name"]
    found[content.imgs[each["image_id"]]["file_name"]].append((name, x, y, x + w, y + h, each.get("score")))
check("coco", "pycocotools", found)

# FiftyOne: as its importer reads the file.
content = json.load(open(at("fiftyone", "labels.json")))
places = json.load(open(at("fiftyone", "data.json")))
found = {}
for key, detections in content["labels"].items():
    file = next(each["file"] for each in expected if os.path.samefile(at("photos", each["file"]), places[key]))
    with Image.open(places[key]) as picture:
        width, height = picture.size
    found[file] = []
    for each in detections:
        x, y, w, h = each["bounding_box"]
        box = (x * width, y * height, (x + w) * width, (y + h) * height)
        found[file].append((content["classes"][each["label"]], *box, each.get("confidence")))
check("fiftyone", "json, Pillow; what FiftyOne's importer does, restated", found)
