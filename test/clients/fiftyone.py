"""What FiftyOne makes of label files, and files of its own.

fiftyone.py read FOLDER   reads FOLDER/{fiftyone,coco,yolo,voc,cvat} and prints, as JSON, the objects of each type of data set:
                          {type: {picture without extension: [[label, x1, y1, x2, y2, "bbox", null]]}}
fiftyone.py write FOLDER  writes the objects of FOLDER/objects.json, {picture: [[label, x1, y1, x2, y2]]}, as each type
"""
import json, os, sys

# This folder has a file of the package's name.
sys.path.pop(0)
import fiftyone
from fiftyone import types

command, folder = sys.argv[1:]
os.chdir(folder)
photos = os.path.realpath('photos')


def objects_of(data):
    data.compute_metadata()
    found = {}
    for sample in data:
        width, height = sample.metadata.width, sample.metadata.height
        path = os.path.relpath(os.path.realpath(sample.filepath), photos)
        found[os.path.splitext(path)[0]] = boxes = []
        # The field's name differs by type.
        fields = [sample[name] for name in sample.field_names]
        for each in (each for field in fields if isinstance(field, fiftyone.Detections) for each in field.detections):
            x, y, w, h = each.bounding_box
            boxes.append([each.label, x * width, y * height, (x + w) * width, (y + h) * height, 'bbox', None])
    return found


def read():
    ways = {
        'FiftyOneImageDetectionDataset': dict(dataset_dir='fiftyone', data_path='data.json'),
        'COCODetectionDataset': dict(data_path='photos', labels_path='coco/labels.json', label_types='detections'),
        'YOLOv5Dataset': dict(dataset_dir='yolo', yaml_path='data.yaml', split='train'),
        'VOCDetectionDataset': dict(data_path='photos', labels_path='voc'),
        'CVATImageDataset': dict(data_path='photos', labels_path='cvat/annotations.xml'),
    }
    found = {}
    for name, options in ways.items():
        data = fiftyone.Dataset.from_dir(dataset_type=getattr(types, name), **options)
        found[name] = objects_of(data)
    print(json.dumps(found))


def write():
    data = fiftyone.Dataset()
    for path, boxes in json.load(open('objects.json', encoding='utf8')).items():
        sample = fiftyone.Sample(filepath=os.path.join(photos, path))
        sample.compute_metadata()
        width, height = sample.metadata.width, sample.metadata.height
        sample['ground_truth'] = fiftyone.Detections(detections=[
            fiftyone.Detection(label=label, bounding_box=[x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height])
            for label, x1, y1, x2, y2 in boxes])
        data.add_sample(sample)
    for name in ('FiftyOneImageDetectionDataset', 'COCODetectionDataset', 'YOLOv4Dataset', 'YOLOv5Dataset', 'VOCDetectionDataset', 'CVATImageDataset'):
        data.export(export_dir=name, dataset_type=getattr(types, name), label_field='ground_truth', rel_dir=photos)


write() if command == 'write' else read()
