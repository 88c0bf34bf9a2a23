import { scaleBox, type Xyxy } from '../src/geometry/boxes.js';
import type { Grid } from '../src/geometry/grid.js';
import type { Features } from './features.js';
import type { ModelView } from './patchModel.js';
import type { GridProposal } from './proposals/decode.js';
import { DenseProposer, type Proposal } from './proposals/dense.js';
import type { Query, RegionClassifier } from './regions/classifier.js';
import type { Evidence } from './regions/evidence.js';
import { type DenseMap, poolRegions } from './regions/pool.js';

/** A picture as encoded at one scale, which can be asked about its patches and regions. */
export class View {
  readonly map: DenseMap;
  readonly #extent: Grid;
  /** What the proposal network found, in cells of the map. */
  readonly found: readonly GridProposal[];
  readonly #classifier: RegionClassifier;
  readonly #evidence = new Map<RegionClassifier, Evidence>();
  #proposer?: DenseProposer;

  constructor({ map, extent, proposals = [] }: ModelView, classifier: RegionClassifier) {
    this.map = map;
    this.#extent = extent;
    this.found = proposals;
    this.#classifier = classifier;
  }

  /** The query's probability for each patch: [rows, columns]. */
  patchProbabilities(query: Query): Float32Array {
    const { classifier = this.#classifier } = query;
    const evidence = this.#evidence.get(classifier) ?? classifier.evidence(this.map.features);
    this.#evidence.set(classifier, evidence);
    return classifier.probabilities(evidence, query);
  }

  /** The query's probability for each box, in cells of the map. */
  probabilities(boxes: readonly Xyxy[], query: Query): Float32Array {
    const { classifier = this.#classifier } = query;
    return classifier.probabilities(classifier.evidence(this.features(boxes)), query);
  }

  /** Region features of boxes in cells of the map; not normalised. */
  features(boxes: readonly Xyxy[]): Features {
    return poolRegions(this.map, boxes);
  }

  /** Up to `most` regions that may show what the query asks, the likeliest first, in cells. */
  propose(query: Query, most: number): Proposal[] {
    this.#proposer ??= new DenseProposer(this.map);
    const { classifier = this.#classifier } = query;
    return this.#proposer.propose(classifier.directions(query), most);
  }

  /** A box in cells as shares of the picture's sides. */
  toShares(box: Xyxy): Xyxy {
    return scaleBox(box, 1 / this.#extent.columns, 1 / this.#extent.rows);
  }

  /** A box in shares of the picture's sides in cells. */
  toCells(box: Xyxy): Xyxy {
    return scaleBox(box, this.#extent.columns, this.#extent.rows);
  }
}
