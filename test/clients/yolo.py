"""What ultralytics, supervision and datumaro make of YOLO data sets; each part runs where its program is installed.

yolo.py <part> <arguments>: prints the boxes of each picture as JSON, {name: [[label, x1, y1, x2, y2]]}.
"""

import json
import os
import sys


def read_ultralytics(config):
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    data = check_det_dataset(config, autodownload=False)
    found = {}
    for split in ("train", "val", "test"):
        if not data.get(split) or not os.path.exists(data[split]):
            continue
        for label in YOLODataset(img_path=data[split], data=data, augment=False, imgsz=64).labels:
            height, width = label["shape"]
            found[os.path.basename(label["im_file"])] = [
                [data["names"][int(c)], (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
                for c, (x, y, w, h) in zip(label["cls"][:, 0], label["bboxes"].tolist())
            ]
    return found


def train_ultralytics(config, folder):
    from ultralytics import YOLO

    options = {"epochs": 1, "imgsz": 64, "device": "cpu", "workers": 0, "plots": False, "project": folder, "name": "run"}
    YOLO("yolo11n.yaml").train(data=config, **options)
    return {"weights": os.path.exists(os.path.join(folder, "run", "weights", "last.pt"))}


def load_supervision(folder):
    import supervision

    return supervision.DetectionDataset.from_yolo(*(os.path.join(folder, name) for name in ("images", "labels", "data.yaml")))


def read_supervision(folder):
    data = load_supervision(folder)
    return {
        os.path.basename(path): [[data.classes[c], *box] for c, box in zip(found.class_id.tolist(), found.xyxy.tolist())]
        if len(found)
        else []
        for path, _, found in data
    }


def write_supervision(folder, output, inside):
    names = (os.path.join(inside, "images"), os.path.join(inside, "labels"), "data.yaml")
    load_supervision(folder).as_yolo(*(os.path.join(output, name) for name in names))
    return {}


def load_datumaro(folder):
    import datumaro

    return datumaro.Dataset.import_from(folder, "yolo")


def read_datumaro(folder):
    import datumaro

    data = load_datumaro(folder)
    names = data.categories()[datumaro.AnnotationType.label]
    return {
        os.path.basename(item.media.path): [[names[box.label].name, *box.points] for box in item.annotations] for item in data
    }


def write_datumaro(folder, output, form, media):
    data = load_datumaro(folder)
    # Its Ultralytics form wants a part for validation.
    data.transform("random_split", splits=[("train", 0.5), ("val", 0.5)], seed=1)
    data.export(output, form, save_media=media == "media")
    return {}


parts = {
    "read-ultralytics": read_ultralytics,
    "train-ultralytics": train_ultralytics,
    "read-supervision": read_supervision,
    "write-supervision": write_supervision,
    "read-datumaro": read_datumaro,
    "write-datumaro": write_datumaro,
}

if __name__ == "__main__":
    result = parts[sys.argv[1]](*sys.argv[2:])
    print("\n" + json.dumps(result))
