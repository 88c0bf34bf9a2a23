import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HubApiError, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub';
import { mostBytes } from '../files/regularFile.js';
import { terminalLine } from '../terminalText.js';
import { boundedFetch } from './boundedFetch.js';
import { CheckpointError } from './checkpointError.js';
import { CachedModel, hubCacheFolder } from './hubCache.js';
import type { ModelLayout } from './modelFiles.js';
import { ownLayout, type WantedModel } from './otherModels.js';
import { DownloadRefused, download } from './resumableDownload.js';

/** How far a model's download is, in bytes. */
export interface DownloadProgress {
  /** The file in transfer. */
  file: string;
  /** Bytes of all the model's files that are here. */
  done: number;
  /** Bytes of all the model's files. */
  total: number;
}

export interface HubOptions extends WantedModel {
  /** Default: that of the models which fgdet itself reads. */
  layout?: ModelLayout;
  /** A branch, a tag or a commit. Default: main. */
  revision?: string;
  /** Default: where Python's library keeps its cache. */
  cacheDir?: string;
  /** Never touch the network. Default: the environment variable HF_HUB_OFFLINE. */
  offline?: boolean;
  /** Default: the environment variable HF_ENDPOINT, or https://huggingface.co. */
  hubUrl?: string;
  /** For gated and private models. Default: the environment variable HF_TOKEN. */
  accessToken?: string;
  /** Told while files are fetched; never for a model that is in the cache. */
  onProgress?: (progress: DownloadProgress) => void;
  /**
   * Told the size and the licence of a model before its weights are fetched, and when the Hub cannot be reached and a copy
   * in the cache is used instead.
   */
  onNotice?: (message: string) => void;
  /** Milliseconds before a broken transfer is first tried again. Default: 1000. */
  retryPause?: number;
  /** Milliseconds in which the Hub must say something. Default: 15 s. */
  stall?: number;
}

/**
 * A model's name at the Hub, `owner/name` or `owner/name@revision`, in its parts.
 * @returns undefined for what is no such name
 */
export function parseHubName(text: string): { name: string; revision?: string } | undefined {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  if (!isHubName(name)) return undefined;
  return at < 0 ? { name } : { name, revision: text.slice(at + 1) };
}

/** Whether a text has the form of a model's name at the Hub: `owner/name`. */
export function isHubName(text: string): boolean {
  return /^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/.test(text) && !/--|\.\./.test(text);
}

/**
 * The folder with a model's files from the Hugging Face Hub: settings, tokenizer and weights. Files that are in the
 * cache already are not fetched again, and a broken download goes on where it stopped. Offline, or when the Hub cannot be reached, the cached copy is used.
 * @throws CheckpointError that says what is wrong and what to do.
 */
export async function downloadModel(name: string, options: HubOptions = {}): Promise<string> {
  const revision = options.revision ?? 'main';
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(revision) || revision.includes('..')) {
    throw new CheckpointError(`"${revision}" is not a branch, tag or commit of ${name}.`);
  }
  const cache = new CachedModel(options.cacheDir ?? hubCacheFolder(), name);
  const cached = cache.findSnapshot(revision);
  if (options.offline ?? isOffline()) {
    if (cached) return cached;
    throw new CheckpointError(
      `${name} (${revision}) is not in the cache ${cache.folder}, and offline mode forbids fetching it. Run once with a network and without --offline or HF_HUB_OFFLINE, or copy the model's folder here and give its path.`,
    );
  }
  try {
    return await fetchModel(name, revision, cache, options);
  } catch (error) {
    if (!isConnectionFailure(error)) throw explain(error, name, revision, options);
    const reason = (error.cause as Error | undefined)?.message ?? error.message;
    if (cached) {
      options.onNotice?.(`${hubUrl(options)} cannot be reached (${reason}); using ${cached}.`);
      return cached;
    }
    throw new CheckpointError(
      `${name} is not in the cache ${cache.folder}, and ${hubUrl(options)} cannot be reached (${reason}). Check the network, or copy the model's folder here and give its path.`,
    );
  }
}

async function fetchModel(
  name: string,
  revision: string,
  cache: CachedModel,
  options: HubOptions,
): Promise<string> {
  const access = { hubUrl: hubUrl(options), accessToken: accessToken(options) };
  const layout = options.layout ?? ownLayout(options);
  const { commit, entries, licence } = await filesOf(name, revision, access, layout, options);
  const names = entries.map(({ path }) => path);
  const settings = entries.filter(({ path }) => layout.isSettings(path));
  const weights = entries.filter(({ path }) => layout.isWeights(path, names));
  const wanted = [...settings, ...weights];
  const total = wanted.reduce((sum, { size }) => sum + size, 0);

  let finished = 0;
  let fetched = false;
  let isTold = false;
  for (const [i, { path: file, size, oid, lfs }] of wanted.entries()) {
    if (i === settings.length) checkKind();
    const hash = lfs?.oid ?? oid;
    if (!hash || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) {
      throw new CheckpointError(`${access.hubUrl} gives no hash for ${name}/${file}.`);
    }
    if (
      !(Number.isSafeInteger(size) && size >= 0) ||
      (i < settings.length && size > mostBytes.settings)
    ) {
      throw new CheckpointError(`${access.hubUrl} says that ${name}/${file} has ${size} bytes.`);
    }
    if (!existsSync(cache.blob(hash))) {
      if (i >= settings.length && !isTold) {
        isTold = true;
        const size = (total / 1e6).toFixed(total < 1e8 ? 1 : 0);
        options.onNotice?.(`${name}: ${size} MB; licence: ${terminalLine(licence)}.`);
      }
      fetched = true;
      await download({
        url: `${access.hubUrl}/${name}/resolve/${commit}/${file}`,
        path: cache.blob(hash),
        size,
        hash,
        headers: access.accessToken ? { Authorization: `Bearer ${access.accessToken}` } : {},
        onProgress: (bytes) => options.onProgress?.({ file, done: finished + bytes, total }),
        pause: options.retryPause,
        stall: options.stall,
      });
    }
    await cache.link(commit, file, hash);
    finished += size;
    if (fetched) options.onProgress?.({ file, done: finished, total });
  }
  if (weights.length === 0) checkKind();
  await cache.setReference(revision, commit);
  return cache.snapshot(commit);

  function checkKind(): void {
    const here = (file: string) => join(cache.snapshot(commit), file);
    const present = (file: string) => (existsSync(here(file)) ? here(file) : undefined);
    layout.check(name, names, present);
  }
}

/** The newest commit of a revision, its files, and the licence that the model's page names. */
async function filesOf(
  name: string,
  revision: string,
  access: { hubUrl: string; accessToken?: string },
  { hasFolders: recursive }: ModelLayout,
  { stall }: HubOptions,
): Promise<{ commit: string; entries: ListFileEntry[]; licence: string }> {
  const asked = { ...access, fetch: boundedFetch(access.hubUrl, stall) };
  const repo = { type: 'model' as const, name };
  const entries: ListFileEntry[] = [];
  try {
    const { sha: commit, cardData } = await modelInfo({
      ...asked,
      name,
      revision,
      additionalFields: ['sha', 'cardData'],
    });
    if (!/^[0-9a-f]{40}$/.test(commit)) {
      throw new CheckpointError(`${access.hubUrl} names no commit for ${name} (${revision}).`);
    }
    for await (const entry of listFiles({ ...asked, repo, revision: commit, recursive })) {
      if (entry.type === 'file') entries.push(entry);
    }
    return { commit, entries, licence: licenceOf(cardData) };
  } catch (error) {
    const isAnswer = error instanceof HubApiError || error instanceof CheckpointError;
    if (isAnswer || isConnectionFailure(error)) throw error;
    throw new CheckpointError(
      `${access.hubUrl} does not answer as a model hub does (${(error as Error).message}). Is a proxy's or a login page between?`,
      { cause: error },
    );
  }
}

function licenceOf(card: { license?: unknown; license_name?: unknown } = {}): string {
  const given = card.license === 'other' ? (card.license_name ?? 'other') : card.license;
  const names = [given].flat().filter((each) => typeof each === 'string' && each !== '');
  return names.length > 0 ? names.join(', ') : 'not stated on its page';
}

/** What the Hub's answer means for the user. */
function explain(error: unknown, name: string, revision: string, options: HubOptions): unknown {
  const status =
    error instanceof HubApiError
      ? error.statusCode
      : error instanceof DownloadRefused
        ? error.status
        : undefined;
  if (status === undefined) return error;
  const { message } = error as Error;
  const page = `${hubUrl(options)}/${name}`;
  if (status === 401 || status === 403) {
    const token = accessToken(options)
      ? 'The access token given does not open it'
      : 'No access token was given';
    return new CheckpointError(
      `${name} does not exist, or is gated or private. ${token}: check the name, accept the model's terms at ${page}, and put a token of your account into the environment variable HF_TOKEN. (${message})`,
    );
  }
  if (status === 404) {
    return new CheckpointError(
      `There is no model ${name} with the revision ${revision} at ${hubUrl(options)}: look it up at ${page}. (${message})`,
    );
  }
  return new CheckpointError(`${page} cannot be fetched: ${message}`);
}

// What fetch throws when there is no answer: told by name, as it may come from another realm.
function isConnectionFailure(error: unknown): error is Error {
  const { name, message } = error as Error;
  return name === 'TypeError' && message === 'fetch failed';
}

function isOffline(): boolean {
  return /^(1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? '');
}

function hubUrl(options: HubOptions): string {
  const url = options.hubUrl ?? (process.env.HF_ENDPOINT || 'https://huggingface.co');
  return url.replace(/\/+$/, '');
}

function accessToken(options: HubOptions): string | undefined {
  return options.accessToken ?? (process.env.HF_TOKEN || undefined);
}
