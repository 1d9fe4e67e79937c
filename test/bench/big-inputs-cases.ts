import type { BigRows } from './big-inputs-source.ts'

export interface BigInput {
  /** Also of the pipeline. */
  readonly name: string
  readonly rows: BigRows
  /** @default all */
  readonly rowsPerPage?: number
  readonly limits: Readonly<Record<string, string | number>>
  /** How the load ends: `LOADED` or the code of an error, and what its message says. */
  readonly outcome: string
  readonly message?: RegExp
}

const kib = 1024
const mib = 2 ** 20

/** What stands around a text on its line, a long id included. */
const lineBytes = 28

const tooLong = /the record is longer than 67108864 bytes/

export const bigInputs: readonly BigInput[] = [
  {
    name: 'page-1gib',
    rows: { rows: 2 ** 20 - 2 ** 10, textBytes: kib - lineBytes },
    limits: { page_bytes: '1GiB' },
    outcome: 'LOADED',
  },
  {
    name: 'page-over-1gib',
    rows: { rows: 2 ** 20 + 2 ** 15, textBytes: kib - lineBytes },
    limits: { page_bytes: '1GiB' },
    outcome: 'PAGE_TOO_LARGE',
    message: /larger than 1073741824 bytes/,
  },
  {
    name: 'page-1gib-by-default',
    rows: { rows: 2 ** 20 - 2 ** 10, textBytes: kib - lineBytes },
    limits: {},
    outcome: 'PAGE_TOO_LARGE',
    message: /larger than 67108864 bytes/,
  },
  {
    name: 'record-100mb',
    rows: { rows: 1, textBytes: 100_000_000 },
    limits: { page_bytes: '128MiB' },
    outcome: 'REJECT_LIMIT_EXCEEDED',
    message: tooLong,
  },
  {
    // Longer than the longest string of JavaScript.
    name: 'record-600mb',
    rows: { rows: 1, textBytes: 600_000_000 },
    limits: { page_bytes: '1GiB' },
    outcome: 'REJECT_LIMIT_EXCEEDED',
    message: tooLong,
  },
  {
    name: 'rows-10m',
    rows: { rows: 10_000_000, textBytes: 0 },
    rowsPerPage: 100_000,
    limits: {},
    outcome: 'LOADED',
  },
  {
    name: 'rows-10m-in-one-page',
    rows: { rows: 10_000_000, textBytes: 0 },
    limits: { page_bytes: 256 * mib },
    outcome: 'LOADED',
  },
]
