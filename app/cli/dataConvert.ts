import type { CommandModule } from 'yargs';
import { type LabelFormatName, labelFormatNames } from '../../datasets/labels/formatNames.js';
import { note, printJson } from './common.js';

interface ConvertArguments {
  from: string;
  to: LabelFormatName;
  output: string;
  fromFormat?: LabelFormatName;
  images?: string;
  vocFrom1?: boolean;
  json?: boolean;
}

/** `fgdet data convert <from>` */
export const command: CommandModule<object, ConvertArguments> = {
  command: 'convert <from>',
  describe: 'Write labels in another format',
  builder: (yargs) =>
    yargs
      .positional('from', {
        type: 'string',
        demandOption: true,
        describe: 'File of labels, or folder of them',
      })
      .option('to', {
        choices: labelFormatNames,
        demandOption: true,
        describe: 'Format to write',
      })
      .option('output', {
        type: 'string',
        demandOption: true,
        describe: 'File to write; for yolo, voc and labelme a folder',
      })
      .option('from-format', {
        choices: labelFormatNames,
        describe: 'Format to read. Default: what the file looks like',
      })
      .option('images', {
        type: 'string',
        describe: 'Folder of the pictures, for formats that need their size or say where they are',
      })
      .option('voc-from-1', {
        type: 'boolean',
        describe: "Pascal VOC's pixels count from 1, as in VOC's own files and supervision's",
      })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example(
        '$0 data convert labels.json --to yolo --images photos --output dataset',
        'To train on with Ultralytics',
      )
      .example(
        '$0 data convert annotations.xml --from-format cvat --to coco --output labels.json',
        "CVAT's export as COCO",
      ),
  handler: async ({ from, to, output, fromFormat, images, vocFrom1, json }) => {
    const { counted, guessFormat, labelFormat, leftOutBy, leftOutSentences } = await import(
      '../../datasets/labels/formats.js'
    );
    const source = labelFormat(fromFormat ?? (await guessFormat(from)));
    const target = labelFormat(to);
    const set = await source.read(from, { images, vocFrom1 });
    await target.write(set, output, { images, vocFrom1 });
    const all = [...set.images];
    const boxes = all.reduce((sum, image) => sum + image.boxes.length, 0);
    const leftOut = leftOutBy(target, set, source);
    const result = {
      ...{ from, fromFormat: source.name, to: target.name, output },
      ...{ images: all.length, categories: set.categories.length, boxes },
      leftOut: Object.fromEntries(leftOut),
      ...(set.notes && { notes: set.notes }),
    };
    for (const sentence of set.notes ?? []) note(sentence);
    note(`${counted(all.length, 'picture')}, ${counted(boxes, 'box')}: ${output}`);
    for (const sentence of leftOutSentences(leftOut, target)) note(sentence);
    if (json) printJson(result);
  },
};
