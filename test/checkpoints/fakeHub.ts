import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that answers as the Hugging Face Hub does for one model. */
export class FakeHub {
  readonly name = 'someone/tiny-clip';
  readonly commit = 'c0ffee'.padEnd(40, '0');
  readonly files = new Map<string, Buffer>();
  /** Requests for files, with the byte they ask to start from. */
  readonly fetched: { file: string; from: number }[] = [];
  /** Bytes of a file's answer after which the connection is cut, one entry for each answer. */
  readonly cuts: number[] = [];
  /** Answers all requests for the model (`api`) or for its files with this status. */
  refuse: { api?: number; file?: number } = {};
  /** What the model's page says of it. */
  card: Record<string, unknown> = {};
  ignoresRange = false;
  token: string | undefined;
  #server: Server;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The hash the Hub gives for a file: git's, or the SHA-256 of large ones. */
  hash(file: string): string {
    const content = this.files.get(file)!;
    if (file.endsWith('.safetensors')) return createHash('sha256').update(content).digest('hex');
    return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url!, this.url).pathname;
    const send = (status: number, value: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const isApi = path.startsWith('/api/');
    const refused = isApi ? this.refuse.api : this.refuse.file;
    const unauthorised = this.token && request.headers.authorization !== `Bearer ${this.token}`;
    const prefix = `/${this.name}/resolve/${this.commit}/`;
    const content = path.startsWith(prefix) && this.files.get(path.slice(prefix.length));
    if (refused || unauthorised) {
      send(refused ?? 401, { error: 'the hub says no' });
    } else if (path === `/api/models/${this.name}/revision/main`) {
      send(200, { id: this.name, sha: this.commit, cardData: this.card });
    } else if (path === `/api/models/${this.name}/tree/${this.commit}`) {
      send(200, this.#tree());
    } else if (content) {
      this.#sendFile(path.slice(prefix.length), content, request, response);
    } else {
      send(404, { error: `no ${path}` });
    }
  }

  #tree(): unknown[] {
    return [...this.files].map(([path, content]) => {
      const lfs = { oid: this.hash(path), size: content.length, pointerSize: 100 };
      const entry = { type: 'file', path, size: content.length };
      return path.endsWith('.safetensors')
        ? { ...entry, oid: '1'.repeat(40), lfs }
        : { ...entry, oid: this.hash(path) };
    });
  }

  #sendFile(
    name: string,
    content: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const from = range && !this.ignoresRange ? Number(range[1]) : 0;
    this.fetched.push({ file: name, from });
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': content.length - from });
    const cut = this.cuts.shift();
    if (cut === undefined) response.end(content.subarray(from));
    else
      response.write(content.subarray(from, from + cut), () =>
        setTimeout(() => request.socket.end(), 50),
      );
  }
}
