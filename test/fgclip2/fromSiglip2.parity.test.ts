import { fromSiglip2, isSiglip2 } from '../../src/fgclip2/fromSiglip2.js';
import { checkParameters } from '../../src/fgclip2/parameters.js';
import { goldenTensors } from '../golden.js';
import { config, weights } from './goldenModel.js';
import { siglip2Part } from './tinyFolder.js';

test('the model that training starts from is made of SigLIP 2’s tensors', () => {
  const siglip = siglip2Part(weights);
  expect([isSiglip2(siglip), isSiglip2(weights)]).toEqual([true, false]);
  const sizes = { ...config, text: { ...config.text, longPositions: 0 } };
  const made = checkParameters(sizes, fromSiglip2(siglip, sizes), 'siglip');
  expect(sizes.text.longPositions).toBe(196);

  const data = (name: string) => made.get(name)!.data;
  const expected = goldenTensors('fgclip2-tiny', 'train_grads_more.safetensors');
  const stretched = expected('init.stretched_positions').data;
  for (const table of ['res', 'ori']) {
    const name = `text_model.embeddings.position_embedding_${table}.weight`;
    expect(Buffer.compare(made.get(name)!.bytes, Buffer.from(stretched.buffer))).toBe(0);
  }
  for (const name of ['attention.in_proj_weight', 'mlp.fc2.bias', 'probe']) {
    expect(data(`dense_feature_head.${name}`)).toEqual(data(`vision_model.head.${name}`));
  }
  for (const head of ['longtext_head', 'boxtext_head']) {
    expect(data(`${head}.weight`)).toEqual(data('text_model.head.weight'));
  }
});
