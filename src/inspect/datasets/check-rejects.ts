import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { z } from 'zod'
import { rejectsPrefix, type DatasetPlace } from '../../../activities/bucket-layout.ts'
import { eachLine } from '../../../activities/json/each-line.ts'
import { sealedObjectProblem, type SealedObject } from '../../../activities/sealed-object.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import type { DatasetDamage } from './verify-dataset.ts'

const decompress = promisify(zstdDecompress)

const rejectedLine = z.strictObject({
  page: z.string(),
  record: z.number(),
  line: z.number().nullable(),
  reason: z.string(),
  fields: z.unknown(),
  raw: z.string().nullable(),
})

export interface CheckedRejects {
  readonly damage: readonly DatasetDamage[]
  /** All lines that could be read. */
  readonly rejectCount: number
  readonly objects: number
}

/**
 * Reads what was set aside, line for line: what cannot be read, is not as much as it says, or is not what
 * was sealed.
 *
 * @param sealed What the manifest says of these objects; undefined in one of an earlier version, which
 * kept no digest of them.
 */
export async function checkRejects(
  store: ObjectStore,
  place: DatasetPlace,
  sealed: readonly SealedObject[] | undefined,
  signal: AbortSignal,
): Promise<CheckedRejects> {
  const damage: DatasetDamage[] = []
  let rejectCount = 0
  let objects = 0
  const expected = new Map(sealed?.map((object) => [object.key, object]))
  for await (const { key } of store.list(rejectsPrefix(place), { signal })) {
    const said = Number((await store.head(key, { signal }))?.metadata['rows'])
    const body = await store.get(key, { signal })
    const count = countLines(await unpack(body))
    if (count === undefined) damage.push({ key, problem: 'cannot be read' })
    else if (count !== said)
      damage.push({ key, problem: `has ${count} records instead of ${said}` })
    else if (sealed !== undefined) {
      const problem = await sealedProblem(expected.get(key), body)
      if (problem !== undefined) damage.push({ key, problem })
    }
    expected.delete(key)
    rejectCount += count ?? said
    objects += 1
  }
  for (const key of expected.keys()) damage.push({ key, problem: 'is not in the store' })
  return { damage, rejectCount, objects }
}

async function sealedProblem(
  sealed: SealedObject | undefined,
  body: Uint8Array,
): Promise<string | undefined> {
  if (sealed === undefined) return 'was not there when the dataset was sealed'
  const problem = await sealedObjectProblem(sealed, body)
  return problem && `${problem}: it or the manifest was changed`
}

async function unpack(body: Uint8Array): Promise<Buffer | undefined> {
  try {
    return await decompress(body)
  } catch {
    return undefined
  }
}

function countLines(lines: Buffer | undefined): number | undefined {
  if (lines === undefined) return undefined
  let count = 0
  try {
    eachLine(lines, (start, end) => {
      rejectedLine.parse(JSON.parse(lines.toString('utf8', start, end)))
      count += 1
    })
    return count
  } catch {
    return undefined
  }
}
