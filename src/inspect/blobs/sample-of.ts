/**
 * So many of what a source yields, each as likely as any other; all where there are fewer. Reads the
 * source to its end and holds no more than the sample (Vitter's algorithm R).
 */
export async function* sampleOf<Item>(
  source: AsyncIterable<Item>,
  size: number,
  random: () => number = Math.random,
): AsyncGenerator<Item, void> {
  const taken: Item[] = []
  let seen = 0
  for await (const item of source) {
    seen += 1
    if (taken.length < size) {
      taken.push(item)
      continue
    }
    const place = Math.floor(random() * seen)
    if (place < size) taken[place] = item
  }
  yield* taken
}
