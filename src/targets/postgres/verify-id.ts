import { randomBytes } from 'node:crypto'
import type { DatasetId } from '../../../activities/load-target.ts'

/** In hexadecimal, milliseconds since 1970 until the year 10,889. */
const timeDigits = 12

/**
 * An id for what is staged to be compared: a UUID of version 8, which those of runs never are, that begins
 * with its time, so that what was left behind can be told from what is in use.
 */
export function newVerifyId(nowMs: number): DatasetId {
  const time = nowMs.toString(16).padStart(timeDigits, '0')
  const random = randomBytes(9).toString('hex')
  const groups = [
    time.slice(0, 8),
    time.slice(8),
    `8${random.slice(0, 3)}`,
    `8${random.slice(3, 6)}`,
    random.slice(6),
  ]
  return groups.join('-') as DatasetId
}

/** The ids of `newVerifyId`, without dashes, as a regular expression of PostgreSQL. */
export const verifyIdPattern = `[0-9a-f]{${timeDigits}}8[0-9a-f]{3}8[0-9a-f]{15}`

/** When such an id was made, in milliseconds since 1970. */
export function verifyIdTimeMs(id: DatasetId): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, timeDigits), 16)
}
