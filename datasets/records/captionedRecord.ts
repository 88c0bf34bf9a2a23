import { UserError } from '../../src/errors.js';
import { parseJson } from '../../src/files/jsonFile.js';
import { type FineHardRecord, parseFineHard } from '../finehard.js';
import type { RawRecord } from './recordTable.js';
import { isChinese } from './sourceLanguages.js';

/** Under which names a source's records have what is learnt from; by default FineHARD's, and other usual ones. */
export interface RecordFields {
  /** The picture: its path, or its bytes. */
  image?: string;
  caption?: string;
  shortCaption?: string;
  /** FineHARD's `bbox_info`, or its JSON. */
  boxes?: string;
}

const usualNames: Required<Record<keyof RecordFields, readonly string[]>> = {
  image: ['f_path', 'image', 'image_path', 'file_name', 'path', 'jpg', 'jpeg', 'png', 'webp'],
  caption: ['caption', 'long_caption', 'text'],
  shortCaption: ['short_caption', 'alt'],
  boxes: ['bbox_info'],
};

/** A record, and the bytes of its picture where they lie with it. */
export interface CaptionedRecord {
  record: FineHardRecord;
  picture?: Uint8Array;
}

/** What a source's record has, as it has it, under FineHARD's names. */
export interface RecordParts {
  f_path: unknown;
  caption: unknown;
  short_caption: unknown;
  bbox_info: unknown;
  picture?: Uint8Array;
}

/**
 * What a record of any source has; it may lack captions and boxes.
 * @throws UserError naming the place, and a field that `fields` names and the record lacks
 */
export function recordParts(raw: RawRecord, fields: RecordFields = {}): RecordParts {
  const { value, where } = raw;
  if (typeof value !== 'object' || value === null) throw new UserError(`${where} is no object.`);
  const get = (field: keyof RecordFields) => fieldOf(value, field, fields, where);
  const image = get('image');
  const picture = raw.picture ?? bytesOf(image);
  const boxes = get('boxes');
  return {
    f_path: picture ? where : image,
    caption: get('caption'),
    short_caption: get('shortCaption'),
    bbox_info: typeof boxes === 'string' ? parseJson(Buffer.from(boxes), where) : boxes,
    ...(picture && { picture }),
  };
}

/**
 * A record of any source. One with a single caption has it as its long and its short one.
 * @throws UserError naming the place and the field
 */
export function captionedRecord(raw: RawRecord, fields: RecordFields = {}): CaptionedRecord {
  const { picture, ...parts } = recordParts(raw, fields);
  const short_caption = parts.short_caption ?? parts.caption;
  const is_cn = isChinese(raw.value);
  const record = parseFineHard({ ...parts, short_caption, is_cn }, raw.where);
  return { record, ...(picture && { picture }) };
}

function fieldOf(
  record: object,
  field: keyof RecordFields,
  fields: RecordFields,
  where: string,
): unknown {
  const own = fields[field];
  const taken = Object.values(fields);
  const names = own === undefined ? usualNames[field].filter((n) => !taken.includes(n)) : [own];
  const values = names.map((name) => (record as Record<string, unknown>)[name]);
  const found = values.find((value) => value !== undefined && value !== null);
  if (found === undefined && own !== undefined && field !== 'boxes') {
    throw new UserError(`${where} has no field "${own}", which "fields" names for ${field}.`);
  }
  return found;
}

/** The bytes of a picture in a parquet column: plain, or in Hugging Face's struct with its path. */
function bytesOf(value: unknown): Uint8Array | undefined {
  const bytes = (value as { bytes?: unknown } | undefined)?.bytes ?? value;
  return bytes instanceof Uint8Array ? bytes : undefined;
}
