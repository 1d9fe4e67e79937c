/**
 * Results of `work` in the order of `source`, up to `concurrency` pieces under way at once. Nothing
 * is taken from the source before there is room for it, so memory is bounded by what is under way.
 * Where one piece fails or the reader stops, the others are awaited: nothing goes on unseen.
 */
export async function* ordered<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (piece: T) => Promise<R> | R,
): AsyncGenerator<R, void> {
  const underWay: Promise<R>[] = []
  try {
    for await (const piece of source) {
      const result = (async () => work(piece))()
      // Its failure is seen when its turn comes; until then it must not count as unhandled.
      result.catch(() => undefined)
      underWay.push(result)
      const oldest = underWay.length >= concurrency ? underWay.shift() : undefined
      if (oldest !== undefined) yield await oldest
    }
    for (let oldest = underWay.shift(); oldest !== undefined; oldest = underWay.shift()) {
      yield await oldest
    }
  } finally {
    await Promise.allSettled(underWay)
  }
}
