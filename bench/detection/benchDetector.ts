import { ContrastModel } from '../../detectors/contrastModel.js';
import { Detector } from '../../detectors/detector.js';
import { type Features, features } from '../../detectors/features.js';
import { FgClipPatches } from '../../detectors/fgclipPatches.js';
import { networkConfig } from '../../detectors/proposals/networkConfig.js';
import { NetworkProposer } from '../../detectors/proposals/networkProposer.js';
import { initialNetwork } from '../../detectors/proposals/networkWeights.js';
import { parseDetectorSettings } from '../../detectors/settings.js';
import { FgClip } from '../../src/fgclip/model.js';
import type { ModelFolder } from '../../src/fgclip/modelFolder.js';
import { clipNormalisation } from '../../src/images/preprocess.js';
import { createRandom } from '../../src/random.js';
import type { StageClock } from './stageClock.js';

/**
 * An FG-CLIP model whose texts have random features: thousands of texts are there at once, as they are
 * from the second picture on.
 */
class RandomTexts extends FgClipPatches {
  readonly #dimension: number;

  constructor(model: FgClip, network: NetworkProposer) {
    super(model, network, clipNormalisation, 'bench');
    this.#dimension = model.config.projectionDim;
  }

  override async textFeatures(texts: readonly string[]): Promise<Features> {
    const random = createRandom(0);
    const values = texts.flatMap((text) => {
      const own = random.fork(text);
      return Array.from({ length: this.#dimension }, () => own.normal());
    });
    return features(Float32Array.from(values), this.#dimension);
  }

  override vocabularyFeatures(texts: readonly string[]): Promise<Features> {
    return this.textFeatures(texts);
  }
}

/**
 * A detector that looks at pictures once, at a side of `side` pixels on average, with a proposal network
 * of random weights.
 * @param clock is told what `view` takes, and within it `propose`.
 */
export function benchDetector(
  folder: ModelFolder,
  side: number,
  threads: number,
  clock: StageClock,
): { detector: Detector; model: ContrastModel } {
  const { vision } = folder.config;
  const settings = parseDetectorSettings({
    scales: [side / vision.imageSize],
    network: {},
  });
  const config = networkConfig(settings.network!, vision);
  const weights = initialNetwork(config, vision.hiddenSize, createRandom(1));
  const network = new NetworkProposer(config, weights, { threads });
  clock.watch(network, 'propose', 'propose');
  const model = new RandomTexts(new FgClip(folder, { threads, taps: config.taps }), network);
  clock.watch(model, 'view', 'view');
  const contrast = new ContrastModel(model, settings);
  return { detector: new Detector(contrast, settings), model: contrast };
}

/** Prompts for different things; one in ten names a colour, and so is weighed against the others. */
export function benchPrompts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => (i % 10 === 0 ? `red thing${i}` : `thing${i}`));
}
