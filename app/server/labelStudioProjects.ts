import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  type LabelStudioConfig,
  parseLabelStudioConfig,
} from '../../datasets/labels/labelStudioConfig.js';
import { Refusal } from './errors.js';

const keptProjects = 1000;

/** A project as Label Studio names it: by its number, or by number and time ("7.1700000000"). */
export type ProjectName = string | number | null | undefined;

/** The labelling configs of Label Studio's projects, as far as it told of them. */
export class LabelStudioProjects {
  readonly #mostLabels: number;
  readonly #configs = new LRUCache<string, string>({ max: keptProjects });
  #latest: string | undefined;

  /** @param mostLabels of a project. */
  constructor(mostLabels: number) {
    this.#mostLabels = mostLabels;
  }

  keep(project: ProjectName, xml: string | null | undefined): void {
    if (xml == null) return;
    this.#latest = xml;
    if (project != null) this.#configs.set(keyOf(project), xml);
  }

  /**
   * The config that a call has, or what was last told of its project's; of any, where it names no project.
   * @throws UserError, or Refusal, for a config by which nothing can be looked for.
   */
  configOf(project: ProjectName, xml: string | null | undefined): LabelStudioConfig {
    this.keep(project, xml);
    const text = project == null ? this.#latest : this.#configs.get(keyOf(project));
    if (text === undefined) {
      throw new Refusal(400, 'Neither this call nor a setup before it had a label_config.');
    }
    const config = parseLabelStudioConfig(text, 'The label_config');
    const count = config.controls.reduce((sum, { labels }) => sum + labels.length, 0);
    if (count <= this.#mostLabels) return config;
    throw new Refusal(
      413,
      `The label_config has ${count} labels; at most ${this.#mostLabels} are looked for.`,
    );
  }
}

/** A model's version for a config: what is found depends on both. */
export function versionFor(config: LabelStudioConfig, modelVersion: string): string {
  const digest = createHash('sha256').update(JSON.stringify(config)).digest('hex');
  return `${modelVersion}, labels ${digest.slice(0, 8)}`;
}

function keyOf(project: string | number): string {
  return String(project).split('.')[0];
}
