import { UserError } from '../../../src/errors.js';
import type { Dtype, HubDevice } from './hubName.js';

export const packageName = '@huggingface/transformers';

/** A tensor of transformers.js. */
export interface HubTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** What models are given, by name. */
export type HubInputs = Record<string, unknown>;

/** A detector that is loaded. */
export interface LoadedModel {
  (inputs: HubInputs): Promise<{ logits: HubTensor; pred_boxes: HubTensor }>;
  dispose(): Promise<unknown>;
}

/** Makes of a picture what a model is given. */
export interface ImageProcessor {
  (image: object): Promise<{ pixel_values: HubTensor; pixel_mask?: HubTensor }>;
  do_resize: boolean;
  /** 2 is bilinear, 3 bicubic. */
  readonly resample: unknown;
  /** What pictures are resized to, in one of several forms. */
  readonly size: unknown;
  /** preprocessor_config.json */
  readonly config: { max_size?: number };
}

/** Makes tokens of texts. */
export interface HubTokenizer {
  (
    text: string | readonly string[],
    options: { padding: boolean; truncation: boolean },
  ): { input_ids: HubTensor } & HubInputs;
  encode(text: string, options?: { add_special_tokens?: boolean }): number[];
  decode(ids: readonly number[]): string;
  readonly model_max_length?: number;
}

interface Loader<T> {
  from_pretrained(
    folder: string,
    options: { local_files_only: true; dtype?: Dtype; device?: HubDevice },
  ): Promise<T>;
}

/** What is used of @huggingface/transformers, versions 3 and 4. */
export interface TransformersModule {
  AutoModelForObjectDetection: Loader<LoadedModel>;
  AutoModelForZeroShotObjectDetection: Loader<LoadedModel>;
  AutoImageProcessor: Loader<ImageProcessor>;
  AutoTokenizer: Loader<HubTokenizer>;
  RawImage: new (data: Uint8Array, width: number, height: number, channels: 3) => object;
}

/** @throws UserError when the package is not installed, or does not load. */
export async function importTransformers(): Promise<TransformersModule> {
  try {
    // A name in a variable: the compiler must not look for a package that need not be there.
    return (await import(packageName)) as TransformersModule;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code?.endsWith('MODULE_NOT_FOUND') && message.includes(packageName);
    throw new UserError(
      missing
        ? `Detectors from the hub are run by ${packageName}, which is not installed. ` +
            `Install it with: npm install ${packageName}`
        : `${packageName} cannot be loaded: ${message}`,
    );
  }
}
