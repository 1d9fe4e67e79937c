import { zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import type { ObjectStore } from '../../../codec/index.ts'

const reject = z.object({
  page: z.string(),
  record: z.number(),
  line: z.number().nullable(),
  reason: z.string(),
  fields: z.record(z.string(), z.string().nullable()).nullable(),
  raw: z.string().nullable(),
})

/** The rows that loads of a pipeline have set aside. */
export async function readRejects(
  store: ObjectStore,
  pipeline: string,
): Promise<z.infer<typeof reject>[]> {
  const rejects: z.infer<typeof reject>[] = []
  for await (const { key } of store.list(`datasets/${pipeline}/`)) {
    if (!/\/rejects-\d+\.ndjson\.zst$/.test(key)) continue
    const lines = zstdDecompressSync(await store.get(key))
      .toString('utf8')
      .trimEnd()
    rejects.push(...lines.split('\n').map((line) => reject.parse(JSON.parse(line))))
  }
  return rejects
}
