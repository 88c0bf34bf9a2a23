import { Refusal } from './errors.js';

/** A part of a form. */
export interface FormPart {
  name: string;
  /** Whether it says that it is a file, or a picture. */
  isFile: boolean;
  /** Its content type; '' where it says none. */
  type: string;
  content: Buffer;
}

const mostHeaderBytes = 16 * 1024;
const end = '\r\n\r\n';

/**
 * The parts of a form, in order (multipart/form-data, RFC 7578); their contents are parts of the body, not copies.
 * @param contentType the request's, with the boundary.
 * @throws Refusal where it is cut off, or a part does not say what it is called.
 */
export function* formParts(body: Buffer, contentType: string): Generator<FormPart> {
  const delimiter = `\r\n--${boundaryOf(contentType)}`;
  // The first delimiter may have no line before it.
  let at = body.indexOf(delimiter.slice(2));
  if (at > 0) at = body.indexOf(delimiter) + 2;
  if (at < 0 || at === 1) throw unreadable('its boundary is not in it');
  at += delimiter.length - 2;
  for (;;) {
    if (body[at] === 0x2d && body[at + 1] === 0x2d) return;
    // Whoever passes a form on may pad its boundaries (RFC 2046).
    while (body[at] === 0x20 || body[at] === 0x09) at++;
    const [first, second] = [body[at], body[at + 1]];
    if (first !== 0x0d || second !== 0x0a) throw unreadable('a boundary has more behind it');
    const headersEnd = body.subarray(0, at + mostHeaderBytes).indexOf(end, at);
    if (headersEnd < 0) throw unreadable('a part has no end of its headers');
    const start = headersEnd + end.length;
    const stop = body.indexOf(delimiter, start);
    if (stop < 0) throw unreadable('it is cut off');
    const headers = body.toString('utf8', at, headersEnd);
    yield { ...described(headers), content: body.subarray(start, stop) };
    at = stop + delimiter.length;
  }
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))(?:[\s;]|$)/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw unreadable('its content type has no boundary');
  return boundary;
}

function described(headers: string): Omit<FormPart, 'content'> {
  const disposition = headerOf(headers, 'content-disposition');
  const [, quoted, plain] = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition) ?? [];
  const name = quoted?.replace(/\\(.)/g, '$1') ?? plain;
  if (!/^form-data\b/i.test(disposition) || name === undefined) {
    throw unreadable('a part does not say what it is called');
  }
  const type = headerOf(headers, 'content-type').toLowerCase();
  const isFile =
    /;\s*filename\*?=/i.test(disposition) || /^(application\/octet-stream\b|image\/)/.test(type);
  return { name, isFile, type };
}

/** A header's value; '' where there is none. */
function headerOf(headers: string, name: string): string {
  return new RegExp(`\r\n${name}:[ \t]*(.*)`, 'i').exec(headers)?.[1] ?? '';
}

function unreadable(reason: string): Refusal {
  return new Refusal(400, `The form cannot be read: ${reason}.`);
}
