import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openSafetensors,
  type WriteOptions,
  writeSafetensors,
} from '../../src/checkpoints/safetensors.js';
import type { NdArray } from '../../src/jit/ndarray.js';
import { goldenFile } from '../golden.js';

export interface TinyChanges {
  /** Changes the config, which may be returned as another. */
  config?(json: StoredConfig): void;
  tensors?(tensors: Map<string, NdArray>): void;
  write?: WriteOptions;
}

type StoredConfig = Record<string, unknown> & {
  text_config: Record<string, unknown>;
  vision_config: Record<string, unknown>;
};

/** Of a model's tensors, those that SigLIP 2 has. */
export function siglip2Part(tensors: ReadonlyMap<string, NdArray>): Map<string, NdArray> {
  const added = /^(dense_feature_head|longtext_head|boxtext_head)\.|position_embedding_(res|ori)/;
  return new Map([...tensors].filter(([name]) => !added.test(name)));
}

/** Writes the reference's tiny FG-CLIP 2, changed, to a folder of its own, which the caller removes. */
export async function writeTinyFgClip2({ config, tensors, write }: TinyChanges = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-fgclip2-'));
  const golden = (name: string) => goldenFile('fgclip2-tiny', name);
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json']) {
    copyFileSync(golden(name), join(folder, name));
  }
  const json = JSON.parse(readFileSync(golden('config.json'), 'utf8')) as StoredConfig;
  config?.(json);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(json));
  const stored = openSafetensors(golden('model.safetensors'));
  tensors?.(stored);
  await writeSafetensors(join(folder, 'model.safetensors'), stored, write);
  return folder;
}
