/**
 * Byte-pair encoding (Sennrich et al. 2016) of a text of any length: of neighbouring symbols the pair of the lowest rank
 * becomes one, of equal pairs the first, until no pair has a rank.
 * @param rankOf a whole number for each pair that may be merged, different ones for different pairs.
 */
export function mergePairs(
  text: readonly string[],
  rankOf: (left: string, right: string) => number | undefined,
): string[] {
  const symbols = [...text];
  const { length } = symbols;
  const next = Int32Array.from(symbols, (_, i) => i + 1);
  const previous = Int32Array.from(symbols, (_, i) => i - 1);
  // Of the pair that begins at each place, as it is by now; -1 for none.
  const ranks = new Int32Array(length).fill(-1);
  // Rank and place as one number: the least is the pair to merge.
  const waiting = new Heap();
  const offer = (place: number) => {
    if (place < 0) return;
    const right = next[place];
    const rank = right < length ? rankOf(symbols[place], symbols[right]) : undefined;
    ranks[place] = rank ?? -1;
    if (rank !== undefined) waiting.push(rank * length + place);
  };
  for (let place = 0; place < length; place++) offer(place);
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const place = entry % length;
    // One of the two may have become part of another symbol.
    if (ranks[place] !== (entry - place) / length) continue;
    const right = next[place];
    symbols[place] += symbols[right];
    symbols[right] = '';
    ranks[right] = -1;
    next[place] = next[right];
    if (next[place] < length) previous[next[place]] = place;
    offer(previous[place]);
    offer(place);
  }
  return symbols.filter((symbol) => symbol !== '');
}

/** Numbers, of which the least comes first. */
class Heap {
  readonly #numbers: number[] = [];

  push(number: number): void {
    const numbers = this.#numbers;
    let place = numbers.push(number) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (numbers[above] <= number) break;
      numbers[place] = numbers[above];
      place = above;
    }
    numbers[place] = number;
  }

  pop(): number | undefined {
    const numbers = this.#numbers;
    const least = numbers[0];
    const last = numbers.pop();
    if (last === undefined || numbers.length === 0) return least;
    let place = 0;
    for (let below = 1; below < numbers.length; below = 2 * place + 1) {
      if (numbers[below + 1] < numbers[below]) below++;
      if (numbers[below] >= last) break;
      numbers[place] = numbers[below];
      place = below;
    }
    numbers[place] = last;
    return least;
  }
}
