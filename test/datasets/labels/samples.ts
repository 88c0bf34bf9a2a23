/** Files as the tools write them, with more than boxes in them. */

/** CVAT's COCO export, and LVIS's and COCO's own fields. */
export const coco = {
  licenses: [{ name: '', id: 0, url: '' }],
  info: { contributor: '', date_created: '', version: '', year: '' },
  images: [
    { id: 17, width: 640, height: 480, file_name: 'a/street.jpg', license: 0, coco_url: '' },
    { id: 4, width: 100, height: 50, file_name: 'empty.jpg', neg_category_ids: [9] },
  ],
  categories: [
    { id: 9, name: 'dog', supercategory: 'animal' },
    { id: 3, name: 'traffic light', supercategory: '', frequency: 'r' },
  ],
  annotations: [
    {
      ...{ id: 52, image_id: 17, category_id: 3, bbox: [0.1, 20.123456, 0.2, 30], area: 3.5 },
      ...{ iscrowd: 0, segmentation: [[1, 2, 3, 4, 5, 6]] },
      attributes: { occluded: false, colour: 'red', 'lanes ahead': 2, nested: { deep: [1] } },
    },
    {
      ...{ id: 51, image_id: 17, category_id: 9, bbox: [1, 2, 3, 4], area: 12, iscrowd: 1 },
      segmentation: { size: [480, 640], counts: [5, 10, 307185] },
      ...{ score: 0.123456789, num_keypoints: 1, keypoints: [1, 2, 2] },
    },
    { id: 60, image_id: 17, caption: 'A street.' },
  ],
};

/** labelme 5.1. */
export const labelme = {
  version: '5.1.1',
  flags: { checked: true },
  shapes: [
    {
      label: 'person',
      points: [
        [192.71428571428572, 107.71428571428571],
        [160.5, 50],
      ],
      group_id: 3,
      description: 'walks away',
      shape_type: 'rectangle',
      flags: { occluded: true, blurred: false },
    },
    {
      label: 'path',
      points: [
        [1, 2],
        [3.5, 4],
        [5, 6],
      ],
      group_id: null,
      description: '',
      shape_type: 'polygon',
      flags: {},
    },
    {
      label: 'dog',
      points: [
        [1, 2],
        [30, 40],
      ],
      group_id: null,
      description: '{"score":0.91,"colour":"black","description":"the left one"}',
      shape_type: 'rectangle',
      flags: {},
    },
  ],
  imagePath: '2011_000003.jpg',
  imageData: null,
  imageHeight: 338,
  imageWidth: 500,
  lineColor: [0, 255, 0, 128],
};

/** CVAT for images 1.1, of a job. */
export const cvat = `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <job>
      <id>7</id>
      <size>2</size>
      <mode>annotation</mode>
      <overlap>0</overlap>
      <bugtracker/>
      <created>2026-01-05 10:00:00.000000+00:00</created>
      <labels>
        <label>
          <name>car</name>
          <color>#fa3253</color>
          <type>any</type>
          <attributes>
            <attribute>
              <name>parked</name>
              <mutable>True</mutable>
              <input_type>checkbox</input_type>
              <default_value>false</default_value>
              <values>false</values>
            </attribute>
            <attribute>
              <name>doors</name>
              <mutable>False</mutable>
              <input_type>number</input_type>
              <default_value>2</default_value>
              <values>1
5
1</values>
            </attribute>
            <attribute>
              <name>plate &amp; state</name>
              <mutable>False</mutable>
              <input_type>text</input_type>
              <default_value/>
              <values/>
            </attribute>
          </attributes>
        </label>
        <label>
          <name>sign "stop"</name>
          <color>#32b7fa</color>
          <type>polygon</type>
          <attributes/>
        </label>
      </labels>
    </job>
    <dumped>2026-01-05 11:00:00.000000+00:00</dumped>
  </meta>
  <image id="0" name="a/street &amp; more.jpg" subset="train" task_id="3" width="1920" height="1080">
    <polygon label="sign &quot;stop&quot;" source="manual" occluded="0" points="1.00,2.00;3.00,4.00;5.00,6.00" z_order="1"/>
    <box label="car" source="semi-auto" occluded="1" xtl="10.25" ytl="20.50" xbr="300.00" ybr="400.75" z_order="2" group_id="5">
      <attribute name="parked">true</attribute>
      <attribute name="doors">4</attribute>
      <attribute name="plate &amp; state">0042</attribute>
    </box>
    <box label="car" source="manual" occluded="0" xtl="1.00" ytl="2.00" xbr="3.00" ybr="4.00" rotation="30.00" z_order="0"/>
    <points label="car" source="manual" occluded="0" points="1.00,2.00" z_order="0"/>
    <tag label="car" source="manual"/>
  </image>
  <image id="1" name="empty.jpg" subset="train" task_id="3" width="640" height="480"/>
</annotations>
`;

/** VOC2012, of a person with parts. */
export const voc = `<annotation>
\t<folder>VOC2012</folder>
\t<filename>2007_000027.jpg</filename>
\t<source>
\t\t<database>The VOC2007 Database</database>
\t\t<annotation>PASCAL VOC2007</annotation>
\t\t<image>flickr</image>
\t</source>
\t<size>
\t\t<width>486</width>
\t\t<height>500</height>
\t\t<depth>1</depth>
\t</size>
\t<segmented>0</segmented>
\t<object>
\t\t<name>person</name>
\t\t<pose>Left</pose>
\t\t<truncated>1</truncated>
\t\t<difficult>0</difficult>
\t\t<bndbox>
\t\t\t<xmin>174</xmin>
\t\t\t<ymin>101.375</ymin>
\t\t\t<xmax>349</xmax>
\t\t\t<ymax>351</ymax>
\t\t</bndbox>
\t\t<part>
\t\t\t<name>head</name>
\t\t\t<bndbox>
\t\t\t\t<xmin>169</xmin>
\t\t\t\t<ymin>104</ymin>
\t\t\t\t<xmax>209</xmax>
\t\t\t\t<ymax>146</ymax>
\t\t\t</bndbox>
\t\t</part>
\t</object>
</annotation>
`;

const region = {
  original_width: 600,
  original_height: 403,
  image_rotation: 0,
  from_name: 'label',
  to_name: 'image',
};
const rectangle = { x: 8.293, y: 11.1111111111, width: 20.2, height: 30.123, rotation: 0 };

/** Label Studio's JSON export. */
export const labelStudio = [
  {
    id: 4,
    annotations: [
      {
        id: 9,
        completed_by: 1,
        was_cancelled: false,
        ground_truth: false,
        created_at: '2026-01-05T10:00:00.000000Z',
        lead_time: 4.2,
        result: [
          {
            id: 'Dx_aB3kQ9z',
            type: 'rectanglelabels',
            origin: 'manual',
            ...region,
            value: { ...rectangle, rectanglelabels: ['Car', 'Taxi'] },
            meta: { text: ['a note'], colour: 'red' },
          },
          {
            ...{ id: 'poly', type: 'polygonlabels', ...region },
            value: {
              points: [
                [1, 2],
                [3, 4],
                [5, 6],
              ],
              polygonlabels: ['Road'],
            },
          },
          {
            ...{ id: 'tilted', type: 'rectanglelabels', ...region },
            value: { ...rectangle, rotation: 30, rectanglelabels: ['Car'] },
          },
          {
            id: 'c',
            type: 'choices',
            from_name: 'weather',
            to_name: 'image',
            value: { choices: ['sunny'] },
          },
        ],
      },
      {
        ...{ id: 10, completed_by: 2, was_cancelled: false, ground_truth: true },
        result: [
          {
            id: 'second',
            type: 'rectanglelabels',
            ...region,
            value: { ...rectangle, rectanglelabels: ['Car'] },
          },
        ],
      },
    ],
    file_upload: '2a1b-street.jpg',
    drafts: [],
    predictions: [
      {
        ...{ id: 3, model_version: 'v1', score: 0.7, task: 4 },
        result: [
          {
            ...{ id: 'p', type: 'rectanglelabels', ...region, score: 0.81 },
            value: { ...rectangle, rectanglelabels: ['Airplane'] },
          },
        ],
      },
    ],
    data: { image: '/data/upload/1/2a1b-street%20one.jpg', camera: 5 },
    meta: {},
    project: 1,
  },
  {
    ...{ id: 5, annotations: [{ id: 11, was_cancelled: false, result: [] }], predictions: [] },
    ...{
      data: { image: '/data/local-files/?d=photos/empty.jpg' },
      meta: { width: 10, height: 20 },
    },
  },
  { id: 6, annotations: [], predictions: [], data: { image: '/data/upload/1/new.jpg' }, meta: {} },
];

/** FiftyOneImageDetectionDataset. */
export const fiftyone = {
  classes: ['dog', 'cat'],
  labels: {
    'a/one': [
      {
        label: 1,
        bounding_box: [0.1, 0.2, 0.3000000001, 0.4],
        confidence: 0.91,
        attributes: { age: 3, tags: ['x'] },
        index: 7,
        iscrowd: 0,
      },
      { label: 0, bounding_box: [0.5, 0.5, 0.25, 0.25] },
    ],
    empty: [],
    new: null,
  },
};
