import { createHash } from 'node:crypto'
import type { Garbage } from './garbage.ts'

/**
 * What tells a piece of garbage from every other, later versions of the object included; short, since many
 * are held at once.
 */
export function garbageIdentity({ kind, key, lastModified, uploadId = '' }: Garbage): string {
  const text = `${kind} ${key} ${lastModified.getTime()} ${uploadId}`
  return createHash('sha256').update(text).digest('base64url').slice(0, 24)
}
