import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import { readPart } from '../../../activities/conversion/read-part.ts'
import type { ColumnDefinition, ColumnType, TextFormat } from '../../../activities/index.ts'
import type { plainColumnKinds } from '../../../activities/pipeline-definition.ts'
import { convertIntoFolder } from '../../support/convert-into-folder.ts'
import { valueAt } from '../../support/value-at.ts'

export interface Reject {
  readonly page: string
  readonly record: number
  readonly line: number | null
  readonly reason: string
  readonly fields: Readonly<Record<string, string | null>> | null
  readonly raw: string | null
}

export interface ConvertedBodies {
  readonly rows: readonly (readonly unknown[])[]
  readonly rejects: readonly Reject[]
  readonly recordCount: number
  readonly rowCount: number
  readonly rejectCount: number
  readonly firstReject: string | undefined
}

/** Columns of the same names as their fields, the first being the key. */
export function columnsOf(
  types: Readonly<Record<string, (typeof plainColumnKinds)[number] | ColumnType>>,
): ColumnDefinition[] {
  return Object.entries(types).map(([name, type], index) => ({
    name,
    from: name,
    key: index === 0,
    type: typeof type === 'string' ? { kind: type } : type,
  }))
}

/** What a load makes of pages, `page-0` and so on, and sets aside of them. */
export async function convertBodies(
  duckDb: DuckDb,
  format: TextFormat,
  columns: readonly ColumnDefinition[],
  bodies: readonly (Buffer | string)[],
): Promise<ConvertedBodies> {
  const folder = await mkdtemp(join(tmpdir(), 'claimcheck-bodies-'))
  const { signal } = new AbortController()
  try {
    const converted = await convertIntoFolder(duckDb, format, columns, bodies, folder)
    const rows = await duckDb.withConnection(signal, async (connection) => {
      const chunks = await Array.fromAsync(readPart(connection, converted.partPath, columns))
      return chunks.flatMap((chunk) =>
        Array.from({ length: chunk.rowCount }, (_, row) =>
          chunk.columns.map((vector) => valueAt(vector, row)),
        ),
      )
    })
    return { ...converted, rows, rejects: await readRejects(converted) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function readRejects(converted: { rejectCount: number; rejectsPath: string }) {
  if (converted.rejectCount === 0) return []
  const text = zstdDecompressSync(await readFile(converted.rejectsPath)).toString('utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reject)
}
