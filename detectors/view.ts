import type { Xyxy } from './boxes.js';
import { DenseProposer, type Proposal } from './proposals/dense.js';
import type { Evidence, Query, RegionClassifier } from './regions/classifier.js';
import { type DenseMap, poolRegions } from './regions/pool.js';

/** A picture as encoded at one scale, which can be asked about its patches and regions. */
export class View {
  readonly map: DenseMap;
  readonly #classifier: RegionClassifier;
  #evidence?: Evidence;
  #proposer?: DenseProposer;

  constructor(map: DenseMap, classifier: RegionClassifier) {
    this.map = map;
    this.#classifier = classifier;
  }

  /** The query's probability for each patch: [rows, columns]. */
  patchProbabilities(query: Query): Float32Array {
    this.#evidence ??= this.#classifier.evidence(this.map.features);
    return this.#classifier.probabilities(this.#evidence, query);
  }

  /** The query's probability for each box, in cells of the map. */
  probabilities(boxes: readonly Xyxy[], query: Query): Float32Array {
    const evidence = this.#classifier.evidence(poolRegions(this.map, boxes));
    return this.#classifier.probabilities(evidence, query);
  }

  /** Up to `most` regions that may show what the query asks, the likeliest first. */
  propose(query: Query, most: number): Proposal[] {
    this.#proposer ??= new DenseProposer(this.map);
    return this.#proposer.propose(this.#classifier.directions(query), most);
  }
}
