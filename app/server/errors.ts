import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { CheckpointError } from '../../src/checkpoints/checkpointError.js';
import { UserError } from '../../src/errors.js';
import { ImageError } from '../../src/images/imageError.js';

/** What an answer calls each status that a request may be refused with. */
const codes = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  413: 'too_large',
  414: 'too_large',
  415: 'unsupported_media_type',
  422: 'bad_image',
  431: 'too_large',
  500: 'internal',
  503: 'overloaded',
} as const;

export type RefusalStatus = keyof typeof codes;

/** A request that is refused. The message is for the people who sent it. */
export class Refusal extends UserError {
  override name = 'Refusal';

  constructor(
    readonly status: RefusalStatus,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A request that has to come again later. */
export class Overloaded extends Refusal {
  override name = 'Overloaded';

  /** @param retryAfter in seconds. */
  constructor(
    readonly retryAfter: number,
    message = 'The server has more to do than it can; try again later.',
  ) {
    super(503, message);
  }
}

/** @param most bytes that a request may have. */
export function bodyTooLarge(most: number): Refusal {
  return new Refusal(413, `The request is larger than ${most / 2 ** 20} MiB.`);
}

/** What an answer says of an error. */
export interface ErrorBody {
  error: { code: string; message: string };
}

/** The refusal that an error amounts to; a failure of the server's own is one of status 500. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // The model is the server's, whatever was asked.
  if (error instanceof CheckpointError) return failure(error);
  if (error instanceof ImageError) return new Refusal(422, error.message, { cause: error });
  if (error instanceof UserError) return new Refusal(400, error.message, { cause: error });
  const { statusCode = 500, message } = error as FastifyError;
  if (statusCode >= 500 || !(statusCode in codes)) {
    if (statusCode < 500) return new Refusal(400, message, { cause: error });
    return failure(error);
  }
  return new Refusal(statusCode as RefusalStatus, message, { cause: error });
}

function failure(error: unknown): Refusal {
  return new Refusal(500, 'The server failed at this; its log says more.', { cause: error });
}

export function errorBody({ status, message }: Refusal): ErrorBody {
  return { error: { code: codes[status], message } };
}

/** Makes every error an answer of one form, without a stack trace. */
export function answerErrors(server: FastifyInstance, log: (line: string) => void): void {
  server.setErrorHandler((error, _request, reply) => sendError(error, reply, log));
}

/** Answers with an error. */
export function sendError(
  error: unknown,
  reply: FastifyReply,
  log: (line: string) => void,
): FastifyReply {
  const refusal = refusalOf(error);
  if (refusal.status === 500) log(String((error as Error).stack ?? error));
  if (refusal instanceof Overloaded) reply.header('retry-after', refusal.retryAfter);
  return reply
    .code(refusal.status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(errorBody(refusal));
}
