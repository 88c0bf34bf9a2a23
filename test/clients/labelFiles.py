"""What other programs make of label files, and files of theirs.

labelFiles.py read FOLDER   reads FOLDER/{cvat,voc,voc1,coco,labelme} and prints, as JSON, the objects of each program:
                            {program: {picture without extension: [[label, x1, y1, x2, y2, kind, pixels or null]]}}
labelFiles.py write FOLDER  writes the objects of FOLDER/objects.json, {picture: [[label, x1, y1, x2, y2]]}, with each
"""
import json, os, sys
import xml.etree.ElementTree as ET

import datumaro
import numpy as np
import supervision
from cvat_sdk import models
from cvat_sdk.attributes import attribute_value_validator
from datumaro.components.annotation import AnnotationType, Bbox
from datumaro.components.media import Image
from labelme._label_file import read_label_file, write_label_file
from pycocotools.coco import COCO

command, folder = sys.argv[1:]
os.chdir(folder)


def stem(path):
    return os.path.splitext(path)[0]


def below(top, ending):
    return sorted(os.path.relpath(os.path.join(at, name), top) for at, _, names in os.walk(top) for name in names if name.endswith(ending))


def of_datumaro(path, name):
    data = datumaro.Dataset.import_from(path, name)
    labels = data.categories()[AnnotationType.label]
    found = {}
    for item in data:
        found[item.id] = []
        for each in item.annotations:
            x, y, w, h = each.get_bbox()
            pixels = int(each.image.sum()) if each.type == AnnotationType.mask else None
            found[item.id].append([labels[each.label].name, x, y, x + w, y + h, each.type.name, pixels])
    return found


def of_supervision():
    found = {}
    for inside in ('', 'sub'):
        data = supervision.DetectionDataset.from_pascal_voc(os.path.join('photos', inside), os.path.join('voc1', inside))
        for path, _, boxes in data:
            found[stem(os.path.relpath(path, 'photos'))] = [[data.classes[i], *map(float, box), 'bbox', None] for box, i in zip(boxes.xyxy, boxes.class_id)]
    return found


def of_labelme():
    found = {}
    for path in below('labelme', '.json'):
        corners = [(each, np.array(each['points'])) for each in read_label_file(os.path.join('labelme', path)).shapes]
        found[stem(path)] = [[each['label'], *points.min(0), *points.max(0), each['shape_type'], None] for each, points in corners]
    return found


def of_pycocotools():
    data = COCO('coco/labels.json')
    found = {stem(image['file_name']): [] for image in data.imgs.values()}
    for each in data.anns.values():
        x, y, w, h = each['bbox']
        pixels = int(data.annToMask(each).sum()) if each['segmentation'] else None
        found[stem(data.imgs[each['image_id']]['file_name'])].append([data.cats[each['category_id']]['name'], x, y, x + w, y + h, 'bbox', pixels])
    return found


def values_of_cvat():
    """Whether each attribute is valid to CVAT as the file declares it."""
    root = ET.parse('cvat/annotations.xml').getroot()
    declared = {}
    for label in root.iter('label'):
        for each in label.iter('attribute'):
            text = {field.tag: field.text or '' for field in each}
            request = models.AttributeRequest(name=text['name'], mutable=False, input_type=text['input_type'],
                                              values=text['values'].splitlines(), default_value=text['default_value'])
            declared[label.findtext('name'), text['name']] = attribute_value_validator(request)
    return {f"{shape.get('label')}.{each.get('name')}={each.text}": declared[shape.get('label'), each.get('name')](each.text)
            for image in root.iter('image') for shape in image for each in shape.iter('attribute')}


def write():
    objects = json.load(open('objects.json', encoding='utf8'))
    labels = sorted({each[0] for boxes in objects.values() for each in boxes})
    items = [datumaro.DatasetItem(id=stem(path), media=Image.from_file(path=os.path.join('photos', path)),
                                  annotations=[Bbox(x1, y1, x2 - x1, y2 - y1, label=labels.index(label)) for label, x1, y1, x2, y2 in boxes])
             for path, boxes in objects.items()]
    data = datumaro.Dataset.from_iterable(items, categories=labels)
    for name in ('coco', 'voc', 'cvat'):
        data.export(f'datumaro-{name}', name, save_media=True)
    # It takes no pictures of one name in two folders, and looks into none.
    flat = {os.path.join('photos', path): supervision.Detections(xyxy=np.array([each[1:] for each in boxes], dtype=float),
                                                                 class_id=np.array([labels.index(each[0]) for each in boxes]))
            for path, boxes in objects.items() if '/' not in path}
    data = supervision.DetectionDataset(classes=labels, images=list(flat), annotations=flat)
    data.as_pascal_voc('supervision-voc/images', 'supervision-voc/annotations')
    data.as_coco('supervision-coco/images', 'supervision-coco/labels.json')
    for path, boxes in objects.items():
        os.makedirs(os.path.dirname(os.path.join('of-labelme', path)), exist_ok=True)
        shapes = [dict(label=label, points=[[x1, y1], [x2, y2]], group_id=None, description='', shape_type='rectangle', flags={}, mask=None)
                  for label, x1, y1, x2, y2 in boxes]
        write_label_file(os.path.join('of-labelme', stem(path) + '.json'), shapes=shapes, image_path=os.path.basename(path),
                         image_height=None, image_width=None)


if command == 'write':
    write()
else:
    print(json.dumps({
        'datumaro, CVAT': of_datumaro('cvat', 'cvat'), 'datumaro, VOC': of_datumaro('voc', 'voc'), 'supervision, VOC': of_supervision(),
        'labelme': of_labelme(), 'pycocotools': of_pycocotools(), 'values': values_of_cvat(),
    }, default=float))
