import type { ObjectFacts, ObjectStore } from '../../../codec/index.ts'
import type { SoakClock } from './soak-clock.ts'

/** A store whose objects have the times of the soak. */
export function timedStore(store: ObjectStore, clock: SoakClock): ObjectStore {
  // Answers about one object have times to the second, listings finer ones: both count as the end of it.
  const timed = <Facts extends ObjectFacts>(facts: Facts): Facts => ({
    ...facts,
    lastModified: clock.at((Math.floor(facts.lastModified.getTime() / 1000) + 1) * 1000),
  })
  return {
    bucket: store.bucket,
    put: (key, body, options) => store.put(key, body, options),
    putIfAbsent: (key, body, options) => store.putIfAbsent(key, body, options),
    putStream: (key, body, options) => store.putStream(key, body, options),
    get: (key, options) => store.get(key, options),
    getStream: (key, options) => store.getStream(key, options),
    async head(key, options) {
      const head = await store.head(key, options)
      return head && timed(head)
    },
    async *list(prefix, options) {
      for await (const facts of store.list(prefix, options)) yield timed(facts)
    },
    delete: (keys, options) => store.delete(keys, options),
    ensureBucket: (options) => store.ensureBucket(options),
    close: () => store.close(),
  }
}
