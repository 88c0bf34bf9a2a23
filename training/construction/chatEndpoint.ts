import OpenAI, {
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  BadRequestError,
  InternalServerError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai';
import pThrottle from 'p-throttle';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { type Counts, Rejected, Unanswered } from './step.js';

/** A server that speaks OpenAI's chat protocol: vLLM, Ollama, LM Studio or a hosted one. */
export const endpointSchema = z.strictObject({
  /** Up to and with its version: "http://127.0.0.1:8000/v1". */
  url: z.url({ protocol: /^https?$/ }),
  model: z.string().min(1),
  /** The environment variable that holds the key, where one is needed. */
  keyVariable: z.string().optional(),
  /** Requests on their way at a time. */
  concurrency: z.int().positive().default(4),
  requestsPerMinute: z.number().positive().optional(),
  timeoutSeconds: z.number().positive().default(120),
  /** How often a request is sent again after 408, 409, 429, 5xx, a time-out or a broken connection. */
  retries: z.int().nonnegative().default(6),
  /** Of a million tokens, for the estimate. */
  price: z
    .strictObject({ input: z.number().nonnegative(), output: z.number().nonnegative() })
    .optional(),
  /** Whatever else a request carries: temperature, max_tokens, response_format, seed. */
  parameters: z.record(z.string(), z.json()).default({}),
});

export type EndpointConfig = z.infer<typeof endpointSchema>;

/** What a request says. */
export interface Question {
  text: string;
  /** A JPEG file. */
  picture?: Uint8Array;
  signal?: AbortSignal;
}

/** Asks a chat server. */
export class ChatEndpoint {
  readonly #client: OpenAI;
  readonly #config: EndpointConfig;

  /** @throws UserError when the variable for the key is not set. */
  constructor(config: EndpointConfig) {
    const { url, keyVariable, requestsPerMinute, timeoutSeconds, retries } = config;
    const key = keyVariable === undefined ? 'none' : process.env[keyVariable];
    if (!key) throw new UserError(`The environment variable ${keyVariable} must hold the key.`);
    this.#config = config;
    this.#client = new OpenAI({
      ...{ baseURL: url, apiKey: key, timeout: timeoutSeconds * 1000, maxRetries: retries },
      ...{ organization: null, project: null, logLevel: 'off' },
      // The client's own fetch, so that requests that are sent again count as well.
      ...(requestsPerMinute !== undefined && {
        fetch: pThrottle({ limit: 1, interval: 60_000 / requestsPerMinute })(fetch),
      }),
    });
  }

  /**
   * The answer to one question.
   * @param counts gets the tokens of the question and the answer, and the requests
   * @throws Rejected when there is no whole answer to this question; Unanswered when the server does not
   *   answer now; UserError when it answers no question at all: a wrong key, model or address
   */
  async ask({ text, picture, signal }: Question, counts: Counts): Promise<string> {
    const { model, parameters, url } = this.#config;
    try {
      const answer = await this.#client.chat.completions.create(
        {
          ...parameters,
          model,
          messages: [{ role: 'user', content: picture ? withPicture(text, picture) : text }],
        },
        { signal },
      );
      const add = (name: string, count = 0) => {
        counts[name] = (counts[name] ?? 0) + count;
      };
      add('requests', 1);
      add('tokens in', answer.usage?.prompt_tokens);
      add('tokens out', answer.usage?.completion_tokens);
      const [choice] = answer.choices ?? [];
      const content = choice?.message?.content;
      if (choice?.finish_reason === 'length') throw new Rejected('the answer was cut off');
      if (!content?.trim()) throw new Rejected('the answer was empty');
      return content;
    } catch (error) {
      throw explained(error, url);
    }
  }
}

function withPicture(text: string, picture: Uint8Array) {
  const url = `data:image/jpeg;base64,${Buffer.from(picture).toString('base64')}`;
  return [
    { type: 'image_url' as const, image_url: { url } },
    { type: 'text' as const, text },
  ];
}

function explained(error: unknown, url: string): unknown {
  if (error instanceof UserError || error instanceof APIUserAbortError) return error;
  if (!(error instanceof APIError)) {
    // A body that broke off, or is not JSON.
    return new Unanswered(`${url} sends a broken answer (${(error as Error).message})`);
  }
  if (error instanceof BadRequestError || error instanceof UnprocessableEntityError) {
    return new Rejected(`the server refuses the request (${error.message})`);
  }
  const again =
    error.status === undefined ||
    error instanceof RateLimitError ||
    error instanceof InternalServerError;
  if (!again) return new UserError(`${url} answers ${error.message}.`);
  if (error instanceof APIConnectionTimeoutError) return new Unanswered(`${url} is too slow`);
  const { cause } = error as { cause?: { cause?: Error } & Error };
  const detail = error.status ? error.message : (cause?.cause ?? cause ?? error).message;
  return new Unanswered(`${url} does not answer (${detail})`);
}
