export type {
  DetectEachOptions,
  DetectedImage,
  Detection,
  DetectOptions,
  Detector,
  EncodeOptions,
  ImageSource,
  Prompt,
} from '../detectors/detector.js';
export type { EncodedImage } from '../detectors/encodedImage.js';
export { type Examples, joinedExamples } from '../detectors/examples.js';
export { readExamples, writeExamples } from '../detectors/examplesFile.js';
export { type DetectorOptions, loadDetector } from '../detectors/loadDetector.js';
export type {
  ProposalRequest,
  ProposalSource,
  RegionProposal,
} from '../detectors/proposals/source.js';
export type { LookAlike } from '../detectors/regions/lookAlikes.js';
export {
  type Rescored,
  type RescoreFiles,
  type RescoreOptions,
  rescore,
} from '../detectors/rescore/rescore.js';
export type { TileRequest } from '../detectors/tiles.js';
export { UserError } from '../src/errors.js';
export type { FgClipConfig } from '../src/fgclip/config.js';
export { type FgClip, type LoadOptions, loadFgClip } from '../src/fgclip/model.js';
export type { FgClip2Config } from '../src/fgclip2/config.js';
export { type FgClip2, loadFgClip2 } from '../src/fgclip2/model.js';
export { decodeImage } from '../src/images/decode.js';
export { preprocess } from '../src/images/preprocess.js';
export type { RgbImage } from '../src/images/rgbImage.js';
export { type Compiled, type JitOptions, jit, NdArray, ndarray } from '../src/jit/index.js';
