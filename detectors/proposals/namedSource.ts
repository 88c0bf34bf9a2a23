import { existsSync, realpathSync } from 'node:fs';
import type { HubOptions } from '../../src/checkpoints/hub.js';
import { UserError } from '../../src/errors.js';
import { type HubModel, parseHubModel } from './hub/hubName.js';
import type { ProposalSource } from './source.js';

/** A COCO results file, and the COCO file that lists its pictures. */
export interface FileSource {
  kind: 'file';
  results: string;
  annotations?: string;
}

/** A detector that transformers.js runs. */
export interface HubSource extends HubModel {
  kind: 'hub';
}

/** A JavaScript module whose default export is a `ProposalSource`. */
export interface ModuleSource {
  kind: 'module';
  file: string;
}

/** A source that does not need the detector's own model. */
export type OtherSource = FileSource | HubSource | ModuleSource;

/** Where regions are to come from. */
export type SourceDescription =
  | { kind: 'network' }
  | { kind: 'dense' }
  | { kind: 'photos' }
  | OtherSource;

const forms =
  'network, photos, dense, file:<COCO results>, file:<COCO results>,<COCO annotations>, ' +
  'hub:<transformers.js detection model>[@<revision>][,dtype=…][,device=…], or module:<file.js>';

/**
 * Reads the name of a source of regions: "network", "photos", "dense", "file:dets.json",
 * "file:dets.json,instances_val2017.json", "hub:Xenova/detr-resnet-50", "hub:owner/name@revision,dtype=q8,device=webgpu" or
 * "module:./windows.js".
 * @throws UserError saying what is wrong, and which names there are.
 */
export function parseSource(name: string): SourceDescription {
  const colon = name.indexOf(':');
  const kind = (colon < 0 ? name : name.slice(0, colon)).trim();
  const rest = colon < 0 ? undefined : name.slice(colon + 1).trim();
  const fail = (reason: string) =>
    new UserError(`Proposals cannot come from ${JSON.stringify(name)}: ${reason}. Name ${forms}.`);
  switch (kind) {
    case 'network':
    case 'photos':
    case 'dense':
      if (rest !== undefined) throw fail(`nothing may follow ${kind}`);
      return { kind };
    case 'file': {
      const paths = (rest ?? '').split(',').map((path) => path.trim());
      if (paths[0] === '') throw fail('the results file is missing');
      if (paths.length > 2) throw fail('more than two files are named (paths have no commas)');
      if (paths[1] === '') throw fail('the annotation file after the comma is missing');
      const [results, annotations] = paths;
      return annotations === undefined ? { kind, results } : { kind, results, annotations };
    }
    case 'hub':
      try {
        return { kind, ...parseHubModel(rest ?? '') };
      } catch (error) {
        throw fail((error as Error).message);
      }
    case 'module':
      if (!rest) throw fail('the file is missing');
      return { kind, file: rest };
    default:
      throw fail(`there is no ${JSON.stringify(kind)}`);
  }
}

/**
 * What calibrations of a detector with boxes of this source are called by: results files are as good as each other,
 * models of the hub are not.
 */
export function boxesOf(source: SourceDescription): string {
  if (source.kind !== 'hub') return source.kind;
  return `hub:${existsSync(source.model) ? realpathSync(source.model) : source.model}`;
}

/**
 * Opens a source that does not need the detector's own model.
 * @param onNote told what a person should know of how its files, or prompts, were understood.
 * @param hub how models of the hub are downloaded.
 * @throws UserError for a file that cannot be read, or a model or module that cannot be loaded.
 */
export async function openSource(
  description: OtherSource,
  onNote?: (note: string) => void,
  hub: HubOptions = {},
): Promise<ProposalSource> {
  if (description.kind === 'file') {
    const { openResultsFile } = await import('./resultsFile.js');
    return openResultsFile(description.results, description.annotations, onNote);
  }
  if (description.kind === 'module') {
    const { openModule } = await import('./moduleSource.js');
    return openModule(description.file);
  }
  const { openHubDetector } = await import('./hub/hubDetector.js');
  const { cacheDir, offline, hubUrl, accessToken, onProgress, onNotice } = hub;
  const told = { onProgress, onNotice, onNote };
  return openHubDetector(description, { cacheDir, offline, hubUrl, accessToken, ...told });
}
