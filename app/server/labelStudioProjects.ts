import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  type LabelStudioConfig,
  parseLabelStudioConfig,
} from '../../datasets/labels/labelStudioConfig.js';
import { UserError } from '../../src/errors.js';
import { Refusal } from './errors.js';

/** Projects whose configs are kept, and characters of all these. */
const kept = { max: 1000, maxSize: 2 ** 22 };

/** A project as Label Studio names it: by its number, or by number and time ("7.1700000000"). */
export type ProjectName = string | number | null | undefined;

/** The labelling configs of Label Studio's projects, as far as it told of them. */
export class LabelStudioProjects {
  readonly #mostLabels: number;
  /** What was read of them, as JSON: parts of the XML would keep all of it. */
  readonly #configs = new LRUCache<string, string>({
    ...kept,
    sizeCalculation: (json, key) => json.length + key.length,
  });
  #latest = '';

  /** @param mostLabels of a project. */
  constructor(mostLabels: number) {
    this.#mostLabels = mostLabels;
  }

  /** Keeps a config that Label Studio told of; one by which nothing can be looked for, only as that. */
  keep(project: ProjectName, xml: string | null | undefined): void {
    if (xml == null) return;
    try {
      this.#keep(project, this.#read(xml));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (project != null) this.#configs.delete(keyOf(project));
    }
  }

  /**
   * The config that a call has, or what was last told of its project's; of any, where it names no project.
   * @throws UserError, or Refusal, for a config by which nothing can be looked for.
   */
  configOf(project: ProjectName, xml: string | null | undefined): LabelStudioConfig {
    if (xml != null) {
      const config = this.#read(xml);
      this.#keep(project, config);
      return config;
    }
    const json = this.#configs.get(project == null ? this.#latest : keyOf(project));
    if (json !== undefined) return JSON.parse(json);
    throw new Refusal(400, 'Neither this call nor a setup before it had a label_config.');
  }

  #keep(project: ProjectName, config: LabelStudioConfig): void {
    this.#latest = project == null ? '' : keyOf(project);
    this.#configs.set(this.#latest, JSON.stringify(config));
  }

  #read(xml: string): LabelStudioConfig {
    const config = parseLabelStudioConfig(xml, 'The label_config');
    const counts = config.controls.map(({ labels }) => Math.max(labels.length, 1));
    const count = counts.reduce((sum, labels) => sum + labels, 0);
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
