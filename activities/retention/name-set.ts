import { hash } from 'node:crypto'

/** Numbers of 32 bits that are held of a name's digest: enough that no two names are ever one. */
const digestWords = 5
const fewestPlaces = 1_024

/**
 * A set of names that holds none of them, but 20 bytes of the digest of each in one array: keys of a whole
 * bucket are hundreds of bytes each as texts. What was never added is never found, but by a chance of one
 * in 2^159.
 */
export class NameSet {
  #places = new Uint32Array(fewestPlaces * digestWords)
  #size = 0

  get size(): number {
    return this.#size
  }

  add(name: string): void {
    const digest = digestOf(name)
    const at = placeOf(this.#places, digest)
    if (this.#places[at] !== 0) return
    this.#places.set(digest, at)
    this.#size += 1
    // Places that are nearly all taken are long to search.
    if (this.#size * digestWords * 3 > this.#places.length * 2) this.#grow()
  }

  has(name: string): boolean {
    return this.#places[placeOf(this.#places, digestOf(name))] !== 0
  }

  #grow(): void {
    const larger = new Uint32Array(this.#places.length * 2)
    for (let at = 0; at < this.#places.length; at += digestWords) {
      const digest = this.#places.subarray(at, at + digestWords)
      if (digest[0] !== 0) larger.set(digest, placeOf(larger, digest))
    }
    this.#places = larger
  }
}

function digestOf(name: string): Uint32Array {
  const bytes = hash('sha256', name, 'buffer')
  const digest = new Uint32Array(digestWords)
  for (let word = 0; word < digestWords; word += 1) digest[word] = bytes.readUInt32LE(4 * word)
  // Zero says that a place is free.
  digest[0] = (digest[0] ?? 0) | 1
  return digest
}

/** Where the digest stands, or the free place where it belongs. */
function placeOf(places: Uint32Array, digest: Uint32Array): number {
  const count = places.length / digestWords
  for (let place = (digest[1] ?? 0) % count; ; place = (place + 1) % count) {
    const at = place * digestWords
    if (places[at] === 0 || isAt(places, at, digest)) return at
  }
}

function isAt(places: Uint32Array, at: number, digest: Uint32Array): boolean {
  for (let word = 0; word < digestWords; word += 1) {
    if (places[at + word] !== digest[word]) return false
  }
  return true
}
