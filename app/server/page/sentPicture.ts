import { type Api, ApiError, type Ask } from './api.js';
import type {
  Answer,
  Box,
  ExampleBoxes,
  Heatmap,
  LookAlike,
  PictureAnswer,
  Prompt,
  SavedExamples,
  Size,
} from './contract.js';

/** A picture's file. */
export interface Source {
  file: Blob;
  name: string;
}

/** A picture that the server keeps, so that questions about it are answered fast. */
export class SentPicture {
  readonly size: Size;
  readonly #api: Api;
  readonly #source: Source;
  #id: Promise<string>;

  private constructor(api: Api, source: Source, { id, width, height }: PictureAnswer) {
    this.#api = api;
    this.#source = source;
    this.size = { width, height };
    this.#id = Promise.resolve(id);
  }

  static async send(api: Api, source: Source, signal?: AbortSignal): Promise<SentPicture> {
    return new SentPicture(api, source, await send(api, source, signal));
  }

  /** @param threshold least score. */
  detect(prompts: Prompt[], threshold: number, signal: AbortSignal): Promise<Answer> {
    return this.#ask('detect', { body: { prompts, options: { threshold } }, signal });
  }

  heatmap(phrase: string, signal: AbortSignal): Promise<Heatmap> {
    return this.#ask('heatmap', { body: { phrase }, signal });
  }

  /** What a box looks most like, best first. */
  async lookAlikes(box: Box, count: number, signal: AbortSignal): Promise<LookAlike[]> {
    const answer = await this.#ask<{ lookAlikes: LookAlike[] }>('look-alikes', {
      body: { box, count },
      signal,
    });
    return answer.lookAlikes;
  }

  /** What a label looks like in its boxes, besides what has been seen of it before. */
  examples(body: ExampleBoxes): Promise<SavedExamples> {
    return this.#ask('examples', { body });
  }

  /** Lets the server forget it. */
  async forget(): Promise<void> {
    await this.#api
      .send(`v1/pictures/${await this.#id}`, { method: 'DELETE' })
      .catch(() => undefined);
  }

  /** The server forgets pictures that were not asked about for a while; then it gets this one again. */
  async #ask<T>(what: string, ask: Ask): Promise<T> {
    const used = this.#id;
    const post = async () =>
      this.#api.json<T>(`v1/pictures/${await this.#id}/${what}`, { method: 'POST', ...ask });
    try {
      return await post();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      // Questions that found it gone at the same time send it once. No signal: all wait for it.
      if (used === this.#id) this.#id = this.#sendAgain(used);
      return post();
    }
  }

  async #sendAgain(former: Promise<string>): Promise<string> {
    try {
      return (await send(this.#api, this.#source)).id;
    } catch (error) {
      this.#id = former;
      throw error;
    }
  }
}

function send(api: Api, { file, name }: Source, signal?: AbortSignal): Promise<PictureAnswer> {
  return api.json('v1/pictures', { method: 'POST', body: imageForm(file, name), signal });
}

export function imageForm(file: Blob, name: string): FormData {
  const form = new FormData();
  form.append('image', file, name);
  return form;
}
