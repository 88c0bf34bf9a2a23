import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request asks. */
export interface Asked {
  text: string;
  /** A data address, where a picture came with it. */
  picture?: string;
  body: Record<string, unknown>;
  headers: IncomingMessage['headers'];
}

/** An answer: its text, or whatever else a server does. */
export type Answer = string | ((response: ServerResponse) => void);

/** A server that speaks the chat protocol, and answers as it is told to. */
export class FakeServer {
  readonly asked: Asked[] = [];
  readonly #server;

  /** @param answer to the n-th request, from 0 */
  constructor(answer: (asked: Asked, n: number) => Answer | Promise<Answer>) {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const [{ content }] = body.messages;
      const parts = typeof content === 'string' ? [{ text: content }] : content;
      const find = <T>(of: (part: Record<string, never>) => T) => parts.map(of).find(Boolean) as T;
      const asked = {
        text: find(({ text }) => text as string),
        picture: find(({ image_url }) => (image_url as { url: string } | undefined)?.url),
        body,
        headers: request.headers,
      };
      this.asked.push(asked);
      const given = await answer(asked, this.asked.length - 1);
      if (typeof given === 'string') complete(response, given);
      else given(response);
    });
  }

  /** The address for a config. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function complete(response: ServerResponse, content: string, finish = 'stop'): void {
  const message = { role: 'assistant', content };
  const choices = [{ index: 0, message, finish_reason: finish }];
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 'x', object: 'chat.completion', choices, usage }));
}

/** An error that may be tried again at once. */
export const failing =
  (status: number, message = 'no'): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    response.end(JSON.stringify({ error: { message } }));
  };
