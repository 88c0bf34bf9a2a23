import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '../../src/checkpoints/checkpointError.js';
import { ownLayout, type WantedModel } from '../../src/checkpoints/otherModels.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-other-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Looks at a model whose small files are here, and the others elsewhere. */
function lookAt(
  small: Record<string, object>,
  others: readonly string[] = ['model.safetensors'],
  wanted: WantedModel = {},
): void {
  for (const [name, value] of Object.entries(small)) {
    writeFileSync(join(folder, name), JSON.stringify(value));
  }
  const fileNamed = (name: string) => (Object.hasOwn(small, name) ? join(folder, name) : undefined);
  ownLayout(wanted).check('some/model', [...Object.keys(small), ...others], fileNamed);
}

const config = (type: string, ...architectures: string[]) => ({
  'config.json': { model_type: type, ...(architectures.length > 0 && { architectures }) },
});

test.each<[string, Record<string, object>, string[]]>([
  ['FG-CLIP', config('clip', 'FGCLIPModel'), ['model.safetensors']],
  ['FG-CLIP of no architecture', config('clip'), ['model.safetensors.index.json']],
  ['FG-CLIP 2', config('fgclip2', 'Fgclip2Model'), ['model.safetensors']],
  [
    'FG-CLIP 2 as its training saves it',
    config('fgclip2', 'FG_CLIP2_Model'),
    ['model.safetensors'],
  ],
  ['the model for photographs', config('fgdet-photos'), ['model.safetensors']],
])('%s is taken', (_, small, others) => {
  lookAt(small, others);
});

test.each<[string, Record<string, object>, string[], RegExp]>([
  [
    'SigLIP',
    config('siglip', 'SiglipModel'),
    ['model.safetensors'],
    /^some\/model is SigLIP \(siglip\)/,
  ],
  [
    'SigLIP 2',
    config('siglip2', 'Siglip2Model'),
    ['model.safetensors'],
    /is SigLIP 2, not FG-CLIP 2. `fgdet convert some\/model --output/,
  ],
  ['a detector', config('rt_detr_v2'), ['model.safetensors'], /--proposals hub:/],
  ['a language model', config('llama', 'LlamaForCausalLM'), [], /another family \(llama: Llama/],
  ['a part of CLIP', config('clip', 'CLIPVisionModel'), [], /a CLIPVisionModel, a part of CLIP/],
  [
    'plain CLIP',
    config('clip', 'CLIPModel'),
    ['model.safetensors'],
    /fgdet convert some\/model --output/,
  ],
  [
    'an adapter',
    { 'adapter_config.json': { base_model_name_or_path: 'a/b' } },
    ['adapter_model.safetensors'],
    /is a LoRA adapter of a\/b/,
  ],
  ['a tokenizer', { 'tokenizer.json': {} }, [], /holds a tokenizer alone/],
  ["OpenCLIP's layout", {}, ['open_clip_config.json'], /has OpenCLIP's layout/],
  ['a pickle', config('clip'), ['pytorch_model.bin'], /only in pytorch_model\.bin/],
])('%s is told for what it is', (_, small, others, message) => {
  expect(() => lookAt(small, others)).toThrow(message);
  expect(() => lookAt(small, others)).toThrow(CheckpointError);
});

test('plain CLIP is taken where it will do', () => {
  lookAt(config('clip', 'CLIPModel'), undefined, { plainClip: true });
});
