import { join } from 'node:path';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { readFgClipConfig } from '../../src/fgclip/config.js';
import { fromOpenAiClip, isPlainClip } from '../../src/fgclip/fromOpenAiClip.js';
import { checkParameters } from '../../src/fgclip/parameters.js';
import { packageRoot } from '../../src/files/packageRoot.js';

const root = process.env.FGDET_GOLDEN ?? join(packageRoot, 'test/fixtures/golden');
const folder = join(root, 'clip-openai-init');
const file = join(folder, 'clip.safetensors');
const config = readFgClipConfig(join(folder, 'config.json'));
const clip = openSafetensors(file);
const expected = openSafetensors(join(folder, 'fgclip_after.safetensors'));

test("FG-CLIP's starting point from CLIP equals the reference to the last bit", () => {
  const made = fromOpenAiClip(clip, config, file);
  expect([...made.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, tensor] of expected) {
    const found = made.get(name)!;
    expect([name, found.shape]).toEqual([name, tensor.shape]);
    expect(Buffer.from(found.data.buffer).equals(Buffer.from(tensor.data.buffer))).toBe(true);
  }
  expect(checkParameters(config, made, file).size).toBe(expected.size);
});

test('plain CLIP is told from FG-CLIP', () => {
  expect(isPlainClip(clip)).toBe(true);
  expect(isPlainClip(expected)).toBe(false);
});

test('a tensor that is missing from the CLIP checkpoint is named', () => {
  const incomplete = new Map(clip);
  incomplete.delete('text_projection.weight');
  expect(() => fromOpenAiClip(incomplete, config, file)).toThrow(
    /clip\.safetensors does not fit its config:\n {2}missing: text_projection\.weight$/,
  );
});
