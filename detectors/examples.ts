import { UserError } from '../src/errors.js';
import { concatenated, type Features, features, pick } from './features.js';

/** What regions look like to a model, in features of its own. */
export interface Looks {
  /** Of regions that show the thing. */
  shown: Features;
  /** Of regions that do not show it, though they look alike. */
  unlike: Features;
  /** Of further regions of the same pictures, in families that weigh examples against them. */
  others: Features;
}

/** Regions that show what a label means, as a model saw them: no other model understands them. */
export interface Examples extends Looks {
  /** A digest of the model's weights. */
  model: string;
}

/** Further regions that are kept: more make no difference that can be measured. */
const mostOthers = 256;

/**
 * Examples of one label from several pictures or people.
 * @param what calls them that in messages.
 * @throws UserError when they were not made with the same model, or there is none that shows the thing
 */
export function joinedExamples(sets: readonly Examples[], what = 'The examples'): Examples {
  const [first] = sets;
  if (!first) throw new UserError('There are no examples.');
  const other = sets.find(({ model }) => model !== first.model);
  if (other) throw new UserError(`${what} were made with different models.`);
  const { dimension } = first.shown;
  if (sets.some(({ shown }) => shown.dimension !== dimension)) {
    throw new UserError(`${what} have vectors of different widths.`);
  }
  const join = (part: keyof Looks) => concatenated(sets.map((set) => set[part]));
  const shown = join('shown');
  if (shown.count === 0)
    throw new UserError(`${what} have no box that shows the thing: shown is empty.`);
  const others = join('others');
  return { model: first.model, shown, unlike: join('unlike'), others: evenly(others, mostOthers) };
}

/** At most so many of the vectors, from all over. */
export function evenly(vectors: Features, most: number): Features {
  if (vectors.count <= most) return vectors;
  const step = vectors.count / most;
  return pick(
    vectors,
    Array.from({ length: most }, (_, i) => Math.floor(i * step)),
  );
}

/** No vectors of a width. */
export function none(dimension: number): Features {
  return features(new Float32Array(0), dimension);
}
