import { nms } from '../../src/geometry/nms.js';
import type { Region } from '../featureModel.js';
import { type Features, meanOfSets, normalised } from '../features.js';
import type { View } from '../view.js';
import type { Query, RegionClassifier } from './classifier.js';
import type { Evidence } from './evidence.js';

/** Regions of several views that overlap more are one. */
const sameRegion = 0.8;

/** The regions that the proposal network found in a picture's views, without duplicates. */
export function regionsOf(views: readonly View[], most: number): Region[] {
  const all = views.flatMap((view) =>
    view.found.map(({ box, quality }) => ({ box: view.toShares(box), quality })),
  );
  const boxes = all.map(({ box }) => box);
  const qualities = all.map(({ quality }) => quality);
  return nms(boxes, qualities, sameRegion, undefined, most).map((index) => all[index]);
}

/** Regions that do not depend on what is asked, encoded once for any number of queries. */
export class PictureRegions {
  readonly regions: readonly Region[];
  readonly #classifier: RegionClassifier;
  readonly #seen: Features | undefined;
  readonly #evidence = new Map<RegionClassifier, Evidence>();

  constructor(regions: readonly Region[], views: readonly View[], classifier: RegionClassifier) {
    this.regions = regions;
    this.#classifier = classifier;
    if (regions.length === 0) return;
    const boxes = regions.map(({ box }) => box);
    const seen = views.map((view) =>
      normalised(view.features(boxes.map((box) => view.toCells(box)))),
    );
    this.#seen = meanOfSets(seen);
  }

  /**
   * The query's probability for each region.
   * @param matters as for `RegionClassifier.probabilities`.
   */
  probabilities(query: Query, matters?: (index: number, most: number) => boolean): Float32Array {
    if (!this.#seen) return new Float32Array(0);
    const { classifier = this.#classifier } = query;
    const evidence = this.#evidence.get(classifier) ?? classifier.evidence(this.#seen);
    this.#evidence.set(classifier, evidence);
    return classifier.probabilities(evidence, query, matters);
  }
}
