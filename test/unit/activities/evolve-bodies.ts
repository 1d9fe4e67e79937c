import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { convertPages, type ConvertedPages } from '../../../activities/conversion/convert-pages.ts'
import type { ColumnDefinition, ColumnType, SourceFormat } from '../../../activities/index.ts'
import { columnTypeText } from '../../../src/pipeline/infer/column-type-text.ts'
import { landedPagesOf } from '../../support/convert-into-folder.ts'
import type { TestDuckDb } from '../../support/use-duck-db.ts'

export interface EvolvedBodies {
  /** What was noted, by the field's name, as a pipeline file writes types. */
  readonly noted: Readonly<Record<string, string>>
  readonly rowCount: number
  readonly rejectCount: number
  readonly firstReject: string | undefined
  /** The rows of the part, each value as text. */
  readonly rows: readonly (readonly unknown[])[]
}

export function evolvedColumn(from: string, type: ColumnType): ColumnDefinition {
  return { name: from, from, type, key: false }
}

/** What a batch of `schema: evolve` makes of pages, beside what it notes. */
export async function evolveBodies(
  { duckDb, folder }: TestDuckDb,
  format: SourceFormat,
  columns: {
    readonly declared: readonly ColumnDefinition[]
    readonly evolved?: readonly ColumnDefinition[]
  },
  bodies: readonly (Buffer | string)[],
): Promise<EvolvedBodies & { readonly reads: number }> {
  const { declared, evolved = [] } = columns
  const pages = await landedPagesOf(format, declared, bodies)
  let reads = 0
  const signal = AbortSignal.timeout(120_000)
  const converted: ConvertedPages = await convertPages(duckDb, {
    columns: [...declared, ...evolved],
    evolved,
    rules: { schema: 'evolve' },
    format,
    pages,
    read: async (page) => {
      reads += 1
      return Buffer.from(bodies[pages.indexOf(page)] ?? '')
    },
    folder: await mkdtemp(join(folder, 'evolve-')),
    signal,
  })
  const rows = await duckDb.withConnection(signal, async (connection) => {
    const reader = await connection.runAndReadAll(
      `SELECT COLUMNS(*)::VARCHAR FROM read_parquet('${converted.partPath}')`,
    )
    return reader.getRowsJson()
  })
  const { noted = [], rowCount, rejectCount, firstReject } = converted
  const types = noted.map(({ from, type }) => [from, columnTypeText(type)] as const)
  return { noted: Object.fromEntries(types), rowCount, rejectCount, firstReject, rows, reads }
}

/** A Parquet file that holds the rows of a SELECT. */
export async function parquetOf({ duckDb, folder }: TestDuckDb, select: string): Promise<Buffer> {
  const path = join(await mkdtemp(join(folder, 'made-')), 'made.parquet')
  await duckDb.withConnection(AbortSignal.timeout(60_000), (connection) =>
    connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`),
  )
  return readFile(path)
}
