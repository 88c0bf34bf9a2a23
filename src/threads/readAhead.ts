/** Something that is being read. */
export interface Reading<Source, Result> {
  source: Source;
  /** May fail; nothing else says so. */
  result: Promise<Result>;
}

/**
 * Starts reading sources before their turn comes, and hands them out in order, each as soon as its source
 * is there.
 * @param ahead how many are read, or wait to be used, besides the one in use.
 * @throws in its turn what `sources` fails with.
 */
export async function* readAhead<Source, Result>(
  sources: Iterable<Source> | AsyncIterable<Source>,
  read: (source: Source) => Promise<Result>,
  ahead: number,
): AsyncGenerator<Reading<Source, Result>> {
  const iterator =
    Symbol.asyncIterator in sources ? sources[Symbol.asyncIterator]() : sources[Symbol.iterator]();
  const start = async (): Promise<Reading<Source, Result> | undefined> => {
    const { value, done } = await iterator.next();
    if (done) return undefined;
    const result = read(value);
    // It fails where its turn comes.
    result.catch(() => {});
    return { source: value, result };
  };
  const started: ReturnType<typeof start>[] = [];
  let last: ReturnType<typeof start> | undefined;
  try {
    for (;;) {
      while (started.length <= ahead) {
        // A source is asked for only when the one before is there: not every iterator takes more at once.
        last = last ? last.then((before) => before && start()) : start();
        last.catch(() => {});
        started.push(last);
      }
      const next = await started.shift();
      if (!next) return;
      yield next;
    }
  } finally {
    // Not waited for: an iterator that is waiting for its next source would keep everything waiting.
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
