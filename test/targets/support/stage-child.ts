/**
 * A worker that stages one part of wide rows, and prints how many bytes of them it has sent, and by how many
 * the most memory that it has held grew meanwhile. The database is that of CLAIMCHECK_DATABASE_URL.
 */
import { createPostgresTarget } from '../../../src/targets/postgres/postgres-target.ts'
import { column } from './column.ts'
import { partChunkOf } from './part-chunk-of.ts'
import { sampleLoad } from './sample-load.ts'

const rowsPerChunk = 10_000
const chunkCount = 10
const url = process.env['CLAIMCHECK_DATABASE_URL'] ?? ''
const target = createPostgresTarget({ url })
const columns = Array.from({ length: 10 }, (_, index) => column(`wide_${index}`, 'text'))
const row = columns.map(({ name }) => name.padEnd(80, '.'))
// The same again and again: nothing but what is sent of it takes memory.
const chunk = partChunkOf(columns, Array<string[]>(rowsPerChunk).fill(row))

async function stage(times: number): Promise<void> {
  const load = sampleLoad('wide', [], columns)
  const rowCount = times * rowsPerChunk
  const chunks = async function* () {
    for (let sent = 0; sent < times; sent += 1) yield chunk
  }
  await target.stagePart({ ...load.part(0), rowCount, chunks: chunks() })
}

await target.check(sampleLoad('wide', [], columns, { target: { mode: 'append' } }).request)
// What is loaded, compiled and kept is not the part's.
await stage(2)
const before = process.resourceUsage().maxRSS
await stage(chunkCount)
const grownBytes = (process.resourceUsage().maxRSS - before) * 1024
const sentBytes = row.join('').length * rowsPerChunk * chunkCount
process.stdout.write(JSON.stringify({ sentBytes, grownBytes }))
await target.close()
