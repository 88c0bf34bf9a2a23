import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { checkJson, parseJson } from '../../src/files/jsonFile.js';
import { bodyTooLarge, Refusal } from './errors.js';
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
  .custom<Uint8Array>((value) => value instanceof Uint8Array, { error: 'must be a file' })
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
    return parseJson(text, 'the text');
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}

/** Values of one field that may come several times. */
export function repeated<T extends z.ZodType>(schema: T, most: number) {
  return z.union([z.array(schema).max(most), schema.transform((value) => [value])]);
}

/** Lets requests be forms (multipart/form-data) where their routes say what those hold. */
export function readForms(server: FastifyInstance, limits: Limits): void {
  server.register(multipart, {
    limits: {
      files: limits.images,
      fileSize: limits.bodyBytes,
      fields: limits.prompts + 10,
      fieldSize: limits.prompts * limits.promptCharacters * 4,
      fieldNameSize: 100,
      headerPairs: 20,
    },
  });
  server.addHook('preValidation', async (request) => {
    if (!request.isMultipart()) return;
    const { form } = request.routeOptions.config;
    if (!form) throw new Refusal(415, 'This address takes JSON, no forms.');
    const fields = await readFields(request, limits.bodyBytes).catch((error) => {
      throw readable(error);
    });
    request.body = new CheckedBody(checkJson(fields, form, 'The form', 'what this address takes'));
  });
}

/** Files and texts by their names; those that come several times as lists. */
async function readFields(
  request: FastifyRequest,
  mostBytes: number,
): Promise<Record<string, unknown>> {
  const fields = new Map<string, unknown[]>();
  let bytes = 0;
  for await (const part of request.parts()) {
    if (part.type === 'field' && (part.valueTruncated || part.fieldnameTruncated)) {
      throw new Refusal(413, `The field ${part.fieldname} is too long.`);
    }
    const value = part.type === 'file' ? await fileOrText(part) : textOf(part.value);
    bytes += value.length;
    if (bytes > mostBytes) throw bodyTooLarge(mostBytes);
    const values = fields.get(part.fieldname) ?? [];
    fields.set(part.fieldname, [...values, value]);
  }
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** What a part says that is called a file: JSON is text, which browsers send as files (`Blob`). */
async function fileOrText(part: MultipartFile): Promise<Uint8Array | string> {
  const bytes = await part.toBuffer();
  return /^application\/json\b/i.test(part.mimetype) ? bytes.toString('utf8') : bytes;
}

/** A field's text; one that says that it is JSON was parsed. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

/** The parser's own errors do not say that it is the form that is wrong. */
function readable(error: unknown): unknown {
  const { statusCode = 400, message } = error as FastifyError;
  if (error instanceof Refusal || statusCode === 413) return error;
  return new Refusal(400, `The form cannot be read: ${message}.`, { cause: error });
}
