import { UserError } from '../../src/errors.js';
import { normalisationOfPatches } from '../../src/fgclip2/preprocess.js';
import { parseJson } from '../../src/files/jsonFile.js';
import { parsePreprocessorConfig } from '../../src/images/preprocessorConfig.js';
import { GemmaTokenizer } from '../../src/text/gemmaTokenizer.js';
import { createTokenizer } from '../../src/text/tokenizer.js';
import type { TrainingConfig } from '../config.js';
import type { ModelFiles } from '../initialModel.js';
import type { BatchForm } from './form.js';
import { naflexForm } from './naflex.js';
import { squareForm } from './squares.js';

/** Settings that only one family has. */
const ofFgClip = ['imageSize', 'resizePositions'] as const;
const ofFgClip2 = ['patches', 'textContrastWeight'] as const;

/**
 * The form of a model's batches, by its family.
 * @throws UserError for files of the model that are broken, and for settings that are not its family's.
 */
export function openForm(model: ModelFiles, config: TrainingConfig): BatchForm {
  const { files } = model;
  const json = (name: string): unknown => (files[name] ? parseJson(files[name], name) : {});
  const [tokenizer, tokenizerConfig] = [json('tokenizer.json'), json('tokenizer_config.json')];
  const processor = 'preprocessor_config.json';
  if (model.family === 'fgclip2') {
    refuse(
      config,
      ofFgClip,
      'FG-CLIP 2, whose pictures keep their aspect ratio: "patches" says their size',
    );
    const settings = {
      patchSize: model.config.vision.patchSize,
      normalisation: normalisationOfPatches(json(processor), processor),
    };
    const gemma = new GemmaTokenizer(tokenizer, tokenizerConfig, 'tokenizer.json');
    return naflexForm(model.config, gemma, settings, config.patches);
  }
  refuse(config, ofFgClip2, 'FG-CLIP: only FG-CLIP 2 has it');
  const clip = createTokenizer(tokenizer, tokenizerConfig, 'tokenizer.json');
  const { eosId, padId } = model.config.text;
  const tokenize = {
    encode: (text: string, maxLength: number) => clip.encode([text], { maxLength })[0],
    ...{ eosId, padId },
  };
  const normalisation = parsePreprocessorConfig(json(processor), processor);
  return squareForm(model.config, tokenize, normalisation, config.imageSize);
}

function refuse(
  config: TrainingConfig,
  fields: readonly (keyof TrainingConfig)[],
  why: string,
): void {
  const given = fields.find((field) => config[field]);
  if (given) throw new UserError(`"${given}" is no setting for ${why}.`);
}
