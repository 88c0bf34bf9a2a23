import { UserError } from '../../../src/errors.js';

/** What precedes ".onnx" in the name of a model's file, by transformers.js' name for its number format. */
export const suffixes = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const;

export type Dtype = keyof typeof suffixes;

/** What transformers.js runs models on in Node.js. */
export type HubDevice = (typeof hubDevices)[number];
const hubDevices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;

/** A detector that transformers.js runs, and how. */
export interface HubModel {
  /** `owner/name` or `owner/name@revision` at the Hugging Face Hub, or a folder. */
  model: string;
  /** Default: fp32. */
  dtype?: Dtype;
  /** Default: cpu. */
  device?: HubDevice;
}

const choices = { dtype: Object.keys(suffixes), device: hubDevices } as const;

/**
 * Reads "owner/name@revision,dtype=q8,device=webgpu"; all but the model may be absent.
 * @throws UserError that says what there is to choose from.
 */
export function parseHubModel(text: string): HubModel {
  const [model, ...options] = text.split(',').map((part) => part.trim());
  if (!model) throw new UserError('the model is missing');
  const given = new Map<string, string>();
  for (const option of options) {
    const [, key, value] = /^(\w*)\s*=\s*(.*)$/.exec(option) ?? [];
    if (key !== 'dtype' && key !== 'device') {
      throw new UserError(
        `after the model there may be ${choicesOf('dtype')} and ${choicesOf('device')}, not ${JSON.stringify(option)}`,
      );
    }
    if (given.has(key)) throw new UserError(`${key} is given twice`);
    if (!(choices[key] as readonly string[]).includes(value)) {
      throw new UserError(`${JSON.stringify(option)} is not one of ${choicesOf(key)}`);
    }
    given.set(key, value);
  }
  return { model, ...Object.fromEntries(given) };
}

function choicesOf(key: keyof typeof choices): string {
  return `${key}=${choices[key].join('|')}`;
}
