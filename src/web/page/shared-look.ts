const shortestMs = 2000
const longestMs = 60_000

/** The longer a look takes, the longer it is kept: looking takes no more than a small part of the time. */
const keptPerMs = 10

/**
 * Looks once for all who ask at about the same time: pages that many people leave open ask again by
 * themselves. What fails is not kept.
 */
export function sharedLook<Value>(
  look: () => Promise<Value>,
  now: () => number = () => performance.now(),
): () => Promise<Value> {
  let latest: { readonly value: Promise<Value>; keptUntilMs: number } | undefined
  return async () => {
    if (latest !== undefined && now() < latest.keptUntilMs) return latest.value
    const began = now()
    const mine = { value: look(), keptUntilMs: Infinity }
    latest = mine
    try {
      return await mine.value
    } catch (error) {
      if (latest === mine) latest = undefined
      throw error
    } finally {
      const ended = now()
      const keptMs = Math.max(shortestMs, (ended - began) * keptPerMs)
      mine.keptUntilMs = ended + Math.min(keptMs, longestMs)
    }
  }
}
