import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { z } from 'zod'
import type { CallOptions, ObjectStore } from '../codec/index.ts'
import { rejectsPrefix } from './bucket-layout.ts'
import { eachLine } from './json/each-line.ts'
import type { RejectedRecord } from './load-target.ts'
import type { RunReference } from './run-reference.ts'

const decompress = promisify(zstdDecompress)

const rejectedRecord = z.object({
  page: z.string(),
  record: z.number(),
  line: z.number().nullable(),
  reason: z.string(),
  fields: z.unknown().transform((fields) => (fields === null ? null : JSON.stringify(fields))),
  raw: z.string().nullable(),
})

/** What a run has set aside, one batch of it at a time. */
export async function* readRejects(
  store: ObjectStore,
  run: RunReference,
  options: CallOptions,
): AsyncIterable<readonly RejectedRecord[]> {
  for await (const { key } of store.list(rejectsPrefix(run), options)) {
    const lines = await decompress(await store.get(key, options))
    const rejects: RejectedRecord[] = []
    eachLine(lines, (start, end) => {
      rejects.push(rejectedRecord.parse(JSON.parse(lines.toString('utf8', start, end))))
    })
    yield rejects
  }
}
