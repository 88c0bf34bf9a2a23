import { captionedRecord, recordParts } from '../../../datasets/records/captionedRecord.js';

const raw = (value: unknown, picture?: Uint8Array) => ({
  ...{ value, source: 0, images: 'images', where: 'x.tar, record 7' },
  ...(picture && { picture }),
});
const bytes = Uint8Array.of(1, 2, 3);

describe('captionedRecord', () => {
  test('takes FineHARD records as they are', () => {
    const value = { f_path: 'grit-20m/data-12m/1.jpg', caption: 'long', short_caption: 'short' };
    const record = { image: '1.jpg', longCaption: 'long', shortCaption: 'short', boxes: [] };
    expect(captionedRecord(raw(value))).toEqual({ record });
  });

  test('one caption is both, and the picture may lie with it', () => {
    const { record, picture } = captionedRecord(raw({ text: 'a cat', number: 3 }, bytes));
    expect(record).toMatchObject({ longCaption: 'a cat', shortCaption: 'a cat' });
    expect(picture).toBe(bytes);
  });

  test.each([{ jpg: bytes }, { image: { bytes, path: null } }, { image: bytes }])(
    'bytes in a column are the picture: %j',
    (image) => {
      expect(captionedRecord(raw({ ...image, caption: 'a cat' })).picture).toBe(bytes);
    },
  );

  test('a name that is given for one field is not taken for another', () => {
    const parts = recordParts(raw({ jpg: bytes, text: 'alt' }), { shortCaption: 'text' });
    expect(parts).toMatchObject({ short_caption: 'alt', caption: undefined });
  });

  test('fields may have any names, and boxes may be JSON', () => {
    const box = { bbox: [0, 0, 1, 1], short_expr: 'a', long_expr: 'b' };
    const value = {
      file: 'a.png',
      llava: 'long',
      alt_text: 'short',
      regions: JSON.stringify([box]),
    };
    const fields = { image: 'file', caption: 'llava', shortCaption: 'alt_text', boxes: 'regions' };
    const { record } = captionedRecord(raw(value), fields);
    expect(record).toMatchObject({ image: 'a.png', longCaption: 'long', shortCaption: 'short' });
    expect(record.boxes).toEqual([{ box: [0, 0, 1, 1], shortText: 'a', longText: 'b' }]);
  });

  test.each<[string, unknown, object, RegExp]>([
    ['no caption', { image: 'a.png' }, {}, /x\.tar, record 7 is not .*caption: is missing/s],
    ['no picture', { caption: 'a' }, {}, /f_path: is missing/],
    ['not an object', 'text', {}, /x\.tar, record 7/],
    [
      'a field of another name',
      { caption: 'a' },
      { caption: 'llava' },
      /no field "llava".*caption/,
    ],
  ])('says what is wrong: %s', (_, value, fields, message) => {
    expect(() => captionedRecord(raw(value), fields)).toThrow(message);
  });
});
