import { UserError } from '../../src/errors.js';
import { isUrl } from '../../src/images/fetchBytes.js';
import { dataUriBytes, isDataUri } from './base64.js';
import { Refusal } from './errors.js';
import { checkAddress } from './imageInput.js';
import { LabelStudioKey } from './labelStudioKey.js';
import { readInside } from './localFiles.js';
import type { SafeFetch } from './safeFetch.js';
import type { Visit } from './visit.js';

/** Where Label Studio is, and how its pictures are read. */
export interface LabelStudioAccess {
  /** Its address, for pictures that it keeps itself. */
  url?: string;
  /** An API key: a legacy token, or a personal access token. */
  key?: string;
  /** The folder that `/data/local-files/?d=…` is read from. Default: such files are fetched from Label Studio. */
  localFiles?: string;
}

const localFilesPath = '/data/local-files/';

/** Reads the pictures of Label Studio's tasks. */
export class LabelStudioImages {
  readonly #fetcher: SafeFetch;
  readonly #url: string | undefined;
  readonly #key: LabelStudioKey | undefined;
  readonly #localFiles: string | undefined;
  readonly #mostBytes: number;

  constructor(fetcher: SafeFetch, access: LabelStudioAccess, mostBytes: number) {
    this.#fetcher = fetcher;
    this.#url = access.url?.replace(/\/+$/, '');
    this.#key =
      this.#url !== undefined && access.key ? new LabelStudioKey(this.#url, access.key) : undefined;
    this.#localFiles = access.localFiles;
    this.#mostBytes = mostBytes;
  }

  /**
   * The file of a picture.
   * @param address as a task's data has it.
   * @throws Refusal or ImageError where it cannot be had.
   */
  async read(address: string, visit: Visit): Promise<Uint8Array> {
    if (isDataUri(address)) return dataUriBytes(address);
    checkAddress(address);
    const local = this.#localPath(address);
    if (local !== undefined && this.#localFiles !== undefined) {
      return readInside(this.#localFiles, local, this.#mostBytes);
    }
    const url = this.#absolute(address);
    const isOwn = this.#url !== undefined && new URL(url).origin === new URL(this.#url).origin;
    const headers = isOwn && this.#key ? { authorization: await this.#key.header() } : undefined;
    return this.#fetcher.fetch(url, { ...visit, headers });
  }

  /** The file's path in the folder of local files, where it is one of those. */
  #localPath(address: string): string | undefined {
    const base = this.#url ?? 'http://label-studio.invalid';
    if (!URL.canParse(address, base)) return undefined;
    const { pathname, origin, searchParams } = new URL(address, base);
    const isOwn = origin === new URL(base).origin || address.startsWith('/');
    if (!isOwn || !pathname.endsWith(localFilesPath)) return undefined;
    return searchParams.get('d') ?? undefined;
  }

  #absolute(address: string): string {
    if (isUrl(address)) return address;
    if (!/^\/(?!\/)/.test(address)) {
      throw new Refusal(
        400,
        `${address.slice(0, 200)} is no http(s) address, path of Label Studio's or data URI.`,
      );
    }
    if (this.#url === undefined) {
      throw new UserError(
        `${address.slice(0, 200)} lies with Label Studio: start fgdet serve with its address ` +
          '(--label-studio-url) and API key.',
      );
    }
    // An address may have the path at which Label Studio is served before its own, or not.
    const { origin, pathname } = new URL(this.#url);
    return pathname !== '/' && address.startsWith(`${pathname}/`)
      ? origin + address
      : this.#url + address;
  }
}
