import { formParts } from '../../../app/server/formParts.js';

const type = 'multipart/form-data; boundary=XX';
const named = 'Content-Disposition: form-data; name="a"';
const partsOf = (text: string, contentType = type) =>
  [...formParts(Buffer.from(text), contentType)].map(({ content, ...rest }) => ({
    ...rest,
    content: content.toString(),
  }));
const form = (headers: string, content = 'text') =>
  `--XX\r\n${headers}\r\n\r\n${content}\r\n--XX--\r\n`;

describe('a form', () => {
  test('of texts and files', () => {
    const text =
      `--XX\r\n${named}\r\n\r\none\r\ntwo--XX\r\n` +
      '--XX\r\nContent-Disposition: form-data; name="b"; filename="name=c"\r\nContent-Type: Image/PNG\r\n\r\n\r\n' +
      '--XX\r\ncontent-type: application/octet-stream\r\ncontent-disposition: form-data; name=d\r\n\r\nx\r\n--XX--';
    expect(partsOf(text)).toEqual([
      { name: 'a', isFile: false, type: '', content: 'one\r\ntwo--XX' },
      { name: 'b', isFile: true, type: 'image/png', content: '' },
      { name: 'd', isFile: true, type: 'application/octet-stream', content: 'x' },
    ]);
  });

  test.each([
    ['a quoted boundary', form(named), 'multipart/form-data; charset=utf-8; boundary="XX"'],
    ['something before it', `for readers\r\n${form(named)}`, type],
    ['many headers', form(`${'X-A: b\r\n'.repeat(40)}${named}`), type],
    ['padded boundaries', form(named).replaceAll('--XX\r', '--XX \t \r'), type],
    ['a quote in the name', form(named.replace('"a"', '"\\a"')), type],
  ])('with %s', (_, text, contentType) => {
    expect(partsOf(text, contentType)).toEqual([
      { name: 'a', isFile: false, type: '', content: 'text' },
    ]);
  });

  test.each([
    ['no boundary', form(named), 'multipart/form-data'],
    ['another boundary', form(named), 'multipart/form-data; boundary=YY'],
    ['a boundary longer than any', form(named), `multipart/form-data; boundary=${'X'.repeat(99)}`],
    ['no end', `--XX\r\n${named}\r\n\r\ntext`, type],
    ['half an end', `--XX\r\n${named}\r\n\r\ntext\r\n--XX-`, type],
    ['no end of the headers', `--XX\r\n${named}`, type],
    ['endless headers', form(`${'X-A: b\r\n'.repeat(5000)}${named}`), type],
    ['a part that has no name', form('Content-Type: image/jpeg'), type],
    ['a part that is no form’s', form('Content-Disposition: attachment; name="a"'), type],
    ['more behind a boundary', form(named, 'text\r\n--XXY'), type],
    ['more behind a boundary’s padding', form(named, 'text\r\n--XX Y'), type],
    ['nothing', '', type],
  ])('with %s is refused', (_, text, contentType) => {
    expect(() => partsOf(text, contentType)).toThrow(/The form cannot be read/);
  });
});
