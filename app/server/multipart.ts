import { z } from 'zod';
import { checkJson } from '../../src/files/jsonFile.js';
import { utf8Text } from '../../src/files/textFile.js';
import { Refusal } from './errors.js';
import { formParts } from './formParts.js';
import { JsonCount } from './jsonCount.js';
import { jsonValue } from './jsonValue.js';
import type { Limits } from './limits.js';
import { CheckedBody } from './zodRoutes.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a form may hold that is sent instead of JSON; the output is the route's body. */
    form?: z.ZodType;
  }
}

/** A file in a form. */
export const fileSchema = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array, {
    error: 'must be a file, which has a filename or the content type of a picture',
  })
  .meta({ type: 'string', format: 'binary' });

/** A field in a form whose text is JSON. */
export function jsonField<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform(parsed)
    .pipe(schema as z.ZodType<z.output<T>, unknown>);
}

/** The value of a JSON text, in a schema. */
export function parsed(text: string, context: z.core.$RefinementCtx): unknown {
  try {
    new JsonCount().add(Buffer.from(text));
    return jsonValue(text, 'the text');
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}

/** Values of one field that may come several times. */
export function repeated<T extends z.ZodType>(schema: T, most: number) {
  return z.union([z.array(schema).max(most), schema.transform((value) => [value])]);
}

/** The checked content of a form: files and texts by their names, those that come several times as lists. */
export function readForm(
  body: Buffer,
  contentType: string,
  form: z.ZodType,
  limits: Pick<Limits, 'images' | 'prompts' | 'promptCharacters' | 'exampleBytes'>,
): CheckedBody {
  const most = { files: limits.images, fields: limits.prompts + 10 };
  const left = { ...most };
  const fieldBytes = limits.prompts * limits.promptCharacters * 4 + limits.exampleBytes;
  const fields = new Map<string, unknown[]>();
  for (const { name, isFile, type, content } of formParts(body, contentType)) {
    const kind = isFile ? 'files' : 'fields';
    if (--left[kind] < 0) {
      throw new Refusal(413, `The form has too many ${kind}: at most ${most[kind]} are taken.`);
    }
    // What says that it is JSON is text, which browsers send as files (`Blob`).
    const isText = !isFile || /^application\/json\b/.test(type);
    if (isText && content.length > fieldBytes) {
      throw new Refusal(
        413,
        `The field ${name.slice(0, 100)} is too long: at most ${fieldBytes} bytes are taken.`,
      );
    }
    const values = fields.get(name) ?? [];
    values.push(isText ? utf8Text(content, `The field ${name.slice(0, 100)}`) : content);
    fields.set(name, values);
  }
  const given = [...fields].map(([name, values]) => [
    name,
    values.length === 1 ? values[0] : values,
  ]);
  return new CheckedBody(
    checkJson(Object.fromEntries(given), form, 'The form', 'what this address takes'),
  );
}
