import { crc32 } from 'node:zlib'
import { badRequest } from './bad-request.ts'

/** Where the next page begins and the whole selection ends, as 0-based rows of a table. */
export interface PageCursor {
  readonly table: string
  readonly next: number
  readonly end: number
}

/** The cursor as the client gets it: opaque, and all that is needed to go on, after a restart too. */
export function encodeCursor({ table, next, end }: PageCursor): string {
  const text = `${table}:${next}:${end}`
  return Buffer.from(`${text}:${checksum(text)}`).toString('base64url')
}

/** @throws SampleSourceError SAMPLE_REQUEST_INVALID where this source did not make the cursor. */
export function decodeCursor(cursor: string, table: string): PageCursor {
  const bytes = Buffer.from(cursor, 'base64url')
  // Decoding skips what is not base64url; encoding again shows whether it did.
  const text = bytes.toString('base64url') === cursor ? bytes.toString('latin1') : ''
  const match = /^(([a-z]+):(\d+):(\d+)):([0-9a-f]+)$/.exec(text)
  if (!match || checksum(match[1] ?? '') !== match[5]) {
    throw badRequest('cursor: not one of this source')
  }
  if (match[2] !== table) throw badRequest(`cursor: expected one of ${table}, got ${match[2]}`)
  return { table, next: Number(match[3]), end: Number(match[4]) }
}

// Guards against typing errors and cut strings, not against an adversary.
function checksum(text: string): string {
  return crc32(text).toString(16)
}
