import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { readJsonEntries } from '../../src/files/jsonEntries.js';
import { openRegular } from '../../src/files/regularFile.js';
import { textDecoder } from '../../src/files/textFile.js';
import { cocoFilesIn, cvatFileIn } from './exportFolders.js';
import { dataYamlIn, isYoloConfig, namesListIn } from './findYoloConfig.js';
import type { LabelFormatName } from './formatNames.js';
import { labelFormatNames } from './formatNames.js';
import { isFolder, listFiles } from './labelFiles.js';
import { otherFormatFile, otherFormatOf } from './otherFormats.js';

/** What is looked at of a file of XML. */
const startBytes = 1 << 16;
/** Files of a folder that are looked at for a format that is not read here. */
const mostLookedAt = 100;

/**
 * The format of a file or folder of labels, by what is in it.
 * @throws UserError when it could be none, or cannot be told
 */
export async function guessFormat(path: string): Promise<LabelFormatName> {
  const format = (await isFolder(path)) ? await formatOfFolder(path) : await formatOfFile(path);
  if (format) return format;
  throw new UserError(
    `${path} is in no format that is known here. Say which it is: ${labelFormatNames.join(', ')}.`,
  );
}

async function formatOfFolder(folder: string): Promise<LabelFormatName | undefined> {
  if ((await dataYamlIn(folder)) !== undefined) return 'yolo';
  for (const whole of [cocoFilesIn(folder)[0], cvatFileIn(folder)]) {
    const format = whole === undefined ? undefined : await formatOfFile(whole);
    if (format === 'coco' || format === 'fiftyone' || format === 'cvat') return format;
  }
  // Of a folder of files for each picture, one tells of all.
  const files = await listFiles(folder, /\.(xml|json)$/i);
  for (const file of files) {
    const format = await formatOfFile(join(folder, file)).catch(() => undefined);
    if (format === 'voc' || format === 'labelme') return format;
  }
  if ((await namesListIn(folder)) !== undefined) return 'yolo';
  for (const file of (await listFiles(folder, otherFormatFile)).slice(0, mostLookedAt)) {
    refuseOtherFormat(join(folder, file), await startOf(join(folder, file)).catch(() => ''));
  }
  return undefined;
}

async function formatOfFile(file: string): Promise<LabelFormatName | undefined> {
  if (isYoloConfig(file)) return 'yolo';
  const start = await startOf(file);
  refuseOtherFormat(file, start);
  const isXml = /^\ufeff?\s*</.test(start);
  if (isXml) {
    const root = /<(annotations?)[\s/>]/.exec(start)?.[1];
    return root === 'annotations' ? 'cvat' : root === 'annotation' ? 'voc' : undefined;
  }
  if (/^\ufeff?\s*\[/.test(start)) {
    const isList = /^\ufeff?\s*\[\s*(\]|\{)/.test(start);
    // COCO's results name pictures by their ids; a task's data may have any field.
    const isResults = /"image_id"/.test(start) && !/"(data|annotation_id)"\s*:/.test(start);
    return isList && !isResults ? 'label-studio' : undefined;
  }
  return formatOfObject(file);
}

function formatOfObject(file: string): LabelFormatName | undefined {
  let around: Record<string, unknown> = {};
  const lists = readJsonEntries(
    file,
    ['images', 'annotations', 'shapes'],
    () => {},
    (rest) => {
      around = rest;
    },
  );
  if (lists.has('images') && lists.has('annotations')) return 'coco';
  if (lists.has('shapes') && 'imagePath' in around) return 'labelme';
  const { labels } = around;
  return labels !== null && typeof labels === 'object' && !Array.isArray(labels)
    ? 'fiftyone'
    : undefined;
}

/** @throws UserError where the file is of a format that is not read here */
function refuseOtherFormat(file: string, start: string): void {
  const other = otherFormatOf(start);
  if (other !== undefined) throw new UserError(`${file} ${other}`);
}

async function startOf(file: string): Promise<string> {
  const handle = await openRegular(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(startBytes), 0, startBytes, 0);
    const bytes = buffer.subarray(0, bytesRead);
    return textDecoder(bytes, file)(bytes, { stream: true });
  } finally {
    await handle.close();
  }
}
