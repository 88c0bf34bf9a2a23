import { isAbsolute, join, relative } from 'node:path';
import { parseFineHard, type StoredRecord } from '../../datasets/finehard.js';
import { type RecordFields, recordParts } from '../../datasets/records/captionedRecord.js';
import { openRecordTable, RecordReader, recordCount } from '../../datasets/records/recordTable.js';
import { isChinese } from '../../datasets/records/sourceLanguages.js';
import { readImageFile } from '../../src/images/readImageFile.js';
import { expandSources } from '../../src/images/sources.js';

/** A record on its way to become one to train on. */
export interface Draft {
  /** Its place in the files or the folder it comes from, for messages. */
  where: string;
  /** What it has so far; captions that it lacks are empty. */
  record: StoredRecord;
  /** The bytes of its picture. @throws ImageError when there are none */
  picture(): Promise<Uint8Array>;
  /** Whether the picture lies among the records, so that a file of records alone would lack it. */
  pictureInside: boolean;
}

/** Where drafts come from. */
export interface DraftSource {
  count: number;
  /** What makes it another source. */
  identity: unknown;
  /** @throws UserError naming the place of a record that is malformed */
  read(index: number): Promise<Draft>;
  close(): void;
}

export interface DraftOptions {
  /** Files of records, folders of them, or patterns; without them, the pictures of `images` are taken. */
  records?: readonly string[];
  /** The folder that picture paths are relative to. */
  images?: string;
  fields?: RecordFields;
}

/** @throws UserError where there are no records, or no pictures */
export async function openDrafts(options: DraftOptions): Promise<DraftSource> {
  const { records = [], images = '' } = options;
  return records.length > 0 ? recordDrafts(records, options) : pictureDrafts(images);
}

async function recordDrafts(
  records: readonly string[],
  { images, fields }: DraftOptions,
): Promise<DraftSource> {
  const table = await openRecordTable(records.map((path) => ({ records: path, images })));
  const reader = new RecordReader(table);
  return {
    count: recordCount(table),
    identity: table.shards.map(({ path, count }) => [path, count]),
    async read(index) {
      const raw = await reader.read(index);
      const { picture, f_path, bbox_info, ...texts } = recordParts(raw, fields);
      const whole = {
        f_path,
        caption: texts.caption ?? '',
        short_caption: texts.short_caption ?? '',
        bbox_info: bbox_info ?? [],
        ...(isChinese(raw.value) && { is_cn: 1 }),
      };
      const { image } = parseFineHard(whole, raw.where);
      const path = isAbsolute(image) ? image : join(raw.images, image);
      return {
        ...{ where: raw.where, record: whole as StoredRecord, pictureInside: !!picture },
        picture: async () => picture ?? readImageFile(path),
      };
    },
    close: () => reader.close(),
  };
}

async function pictureDrafts(folder: string): Promise<DraftSource> {
  const sources = await expandSources([folder], { recursive: true });
  const paths = sources.map(({ path }) => relative(folder, path!));
  return {
    count: paths.length,
    identity: paths,
    async read(index) {
      const { name, read } = sources[index];
      const record = { f_path: paths[index], caption: '', short_caption: '', bbox_info: [] };
      return { where: name, record, picture: read, pictureInside: false };
    },
    close() {},
  };
}
