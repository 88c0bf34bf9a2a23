import swagger from '@fastify/swagger';
import type { FastifyContextConfig, FastifyInstance, FastifySchema } from 'fastify';
import type { z } from 'zod';
import { errorSchema } from './schemas.js';
import { jsonSchema } from './zodRoutes.js';

/** Describes all routes that are added after this at /openapi.json, by the schemas that they check with. */
export function describeRoutes(server: FastifyInstance, version: string): void {
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'fgdet',
        version,
        description: 'Finds in pictures what is asked for in free text.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          basic: { type: 'http', scheme: 'basic' },
        },
      },
      security: [{}, { bearer: [] }, { basic: [] }],
    },
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => ({
      url,
      schema: describe(schema ?? {}, route.config),
    }),
  });
  server.register(async (routes) => {
    routes.get('/openapi.json', { schema: { summary: 'This description' } }, async () =>
      server.swagger(),
    );
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types of answers other than those that a response schema describes. */
    answers?: readonly string[];
  }
}

/** A route's schemas in JSON schema, with the errors that any route may answer. */
function describe(
  schema: FastifySchema,
  { form, answers: types }: FastifyContextConfig = {},
): FastifySchema {
  const { body, params, querystring, response, ...rest } = schema;
  const described: FastifySchema = { ...rest };
  if (params) described.params = jsonSchema(params as z.ZodType, 'input');
  if (querystring) described.querystring = jsonSchema(querystring as z.ZodType, 'input');
  if (body) {
    const content: Record<string, { schema: object }> = {
      'application/json': { schema: jsonSchema(body as z.ZodType, 'input') },
    };
    if (form) content['multipart/form-data'] = { schema: jsonSchema(form, 'input') };
    described.body = { content };
  }
  const answers = Object.entries((response ?? {}) as Record<string, z.ZodType>).map(
    ([status, answer]) => [status, jsonSchema(answer, 'output')],
  );
  described.response = {
    ...Object.fromEntries(answers.length > 0 ? answers : [[200, types ? filesOf(types) : {}]]),
    default: { description: 'An error', ...jsonSchema(errorSchema, 'output') },
  };
  return described;
}

/** An answer that is one of several kinds of files. */
function filesOf(types: readonly string[]): object {
  const schemaOf = (type: string) => (/json$/.test(type) ? {} : { type: 'string' });
  return { content: Object.fromEntries(types.map((type) => [type, { schema: schemaOf(type) }])) };
}
