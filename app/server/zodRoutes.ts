import type { FastifyInstance, FastifyPluginCallback, FastifyTypeProvider } from 'fastify';
import { z } from 'zod';
import { checkJson } from '../../src/files/jsonFile.js';

/** Types requests by the zod schemas of their routes. */
export interface ZodTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

/** A group of routes. */
export type Routes<Options extends object> = FastifyPluginCallback<
  Options,
  FastifyInstance['server'],
  ZodTypes
>;

/** A body that was checked while it was read: fields of a form. */
export class CheckedBody {
  constructor(readonly value: unknown) {}
}

/** Makes a server check requests against zod schemas. */
export function checkWithZod(server: FastifyInstance): void {
  server.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data: unknown) => {
    if (data instanceof CheckedBody) return { value: data.value };
    if (httpPart === 'body' && data == null) return { error: new Error('The body is missing.') };
    try {
      const where = httpPart === 'body' ? 'The body' : `The request's ${httpPart}`;
      return { value: checkJson(data ?? {}, schema, where, 'what this address takes') };
    } catch (error) {
      return { error: error as Error };
    }
  });
  // Answers are made here, by types that the compiler checks: they need no filtering.
  server.setSerializerCompiler(() => JSON.stringify);
}

/** The JSON schema of what a zod schema takes, or of what it describes in an answer. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}
