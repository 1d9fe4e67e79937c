import type { ObjectStore } from '../../codec/index.ts'

/** The same store, of which each object is told that a listing comes by. */
export function watchedStore(store: ObjectStore, onListed: () => void): ObjectStore {
  return {
    bucket: store.bucket,
    put: (...call) => store.put(...call),
    putIfAbsent: (...call) => store.putIfAbsent(...call),
    putStream: (...call) => store.putStream(...call),
    get: (...call) => store.get(...call),
    getStream: (...call) => store.getStream(...call),
    head: (...call) => store.head(...call),
    async *list(...call) {
      for await (const object of store.list(...call)) {
        onListed()
        yield object
      }
    },
    delete: (...call) => store.delete(...call),
    ensureBucket: (...call) => store.ensureBucket(...call),
    close: () => store.close(),
  }
}
