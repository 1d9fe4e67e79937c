import type { Garbage } from './garbage.ts'

/** What tells a piece of garbage from every other, later versions of the object included. */
export function garbageIdentity({ kind, key, lastModified, uploadId = '' }: Garbage): string {
  return `${kind} ${key} ${lastModified.getTime()} ${uploadId}`
}
