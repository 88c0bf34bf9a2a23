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
export type { EncodedImage, TileRequest } from '../detectors/encodedImage.js';
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
export { UserError } from './errors.js';
export type { FgClipConfig } from './fgclip/config.js';
export { type FgClip, type LoadOptions, loadFgClip } from './fgclip/model.js';
export { decodeImage } from './images/decode.js';
export { preprocess } from './images/preprocess.js';
export type { RgbImage } from './images/rgbImage.js';
export { type Compiled, type JitOptions, jit, NdArray, ndarray } from './jit/index.js';
