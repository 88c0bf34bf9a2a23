import { UserError } from '../../src/errors.js';
import { type Box, boxToXyxy, scaleBox } from '../../src/geometry/boxes.js';
import { insidePicture } from './insidePicture.js';
import type { ProposalRequest, ProposalSource, RegionProposal } from './source.js';

const packageName = '@huggingface/transformers';

/** What is used of @huggingface/transformers, versions 3 and 4. */
export interface TransformersModule {
  pipeline(
    task: 'object-detection',
    model: string,
    options: HubModelOptions,
  ): Promise<ObjectDetection>;
  RawImage: new (data: Uint8Array, width: number, height: number, channels: 3) => object;
}

/** An object-detection pipeline. With `percentage`, boxes are shares of the picture's sides, 0..1. */
export interface ObjectDetection {
  (
    image: object,
    options: { threshold: number; percentage: boolean },
  ): Promise<{ score: number; label: string; box: Box }[]>;
  dispose(): Promise<unknown>;
}

/** How the model is run: the names are those of @huggingface/transformers. */
export interface HubModelOptions {
  /** Such as "cpu" or "webgpu". */
  device?: string;
  /** Such as "fp32" or "q8". */
  dtype?: string;
}

export interface HubDetectorOptions extends HubModelOptions {
  /** Least score of a box, 0..1. Default: 0.01, so that FG-CLIP decides. */
  threshold?: number;
  /** Loads the package. Default: imports it. */
  load?: () => Promise<TransformersModule>;
}

/**
 * Opens an object-detection model of the Hugging Face Hub, run by transformers.js, as a source of
 * regions. All its classes count; a region's quality is the model's score, its category the label.
 *
 * @param model a name on the hub, such as "Xenova/detr-resnet-50", with ONNX files.
 * @throws UserError when @huggingface/transformers is not installed, or cannot load the model.
 */
export async function openHubDetector(
  model: string,
  { threshold = 0.01, load = importTransformers, ...options }: HubDetectorOptions = {},
): Promise<ProposalSource> {
  const { pipeline, RawImage } = await load();
  const detect = await pipeline('object-detection', model, options).catch((error: Error) => {
    throw new UserError(`${packageName} cannot load the detector ${model}: ${error.message}`);
  });
  return {
    async propose({ image, name = 'the picture' }: ProposalRequest): Promise<RegionProposal[]> {
      const { data, width, height } = image;
      const pixels = new RawImage(data, width, height, 3);
      // Boxes in pixels would be cut down to whole ones.
      const found = await detect(pixels, { threshold, percentage: true }).catch((error: Error) => {
        throw new UserError(`The detector ${model} failed on ${name}: ${error.message}`);
      });
      const proposals = found.map(({ score, label, box }) => ({
        box: scaleBox(boxToXyxy(box), width, height),
        quality: score,
        category: label,
      }));
      return insidePicture(proposals, image);
    },
    async dispose(): Promise<void> {
      await detect.dispose();
    },
  };
}

async function importTransformers(): Promise<TransformersModule> {
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
