import type { DuckDBConnection } from '@duckdb/node-api'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetFailure } from '../../../activities/conversion/parquet-failure.ts'
import { queryTexts } from '../../../activities/conversion/query-texts.ts'
import {
  kindOfText,
  kindOfUntyped,
  type ValueKind,
} from '../../../activities/evolution/value-kind.ts'
import type { DuckDb } from '../../../activities/index.ts'
import { cutParquet } from '../../../activities/landing/land-parquet.ts'
import { spoolFile } from '../../../activities/landing/spool-file.ts'
import { neutralFooter } from '../../../activities/parquet/neutral-footer.ts'
import { fileField, readParquetFooter } from '../../../activities/parquet/parquet-footer.ts'
import { fieldText, filesSql, readShape } from '../../../activities/parquet/parquet-relation.ts'
import { neutralSchema } from '../../../activities/parquet/parquet-schema.ts'
import { findShape, type StructShape } from '../../../activities/parquet/value-shape.ts'
import type { RecordSightings } from './record-sightings.ts'

export interface SeeParquetInput {
  readonly bytes: AsyncIterable<Uint8Array>
  /** An empty folder, for what is made. */
  readonly folder: string
  /** About the size of a page: row groups that go together. */
  readonly pageBytes: number
  readonly signal: AbortSignal
}

/**
 * Looks at the records of a Parquet file, each value as a load reads it; yields before each page, which is
 * looked at when the next is asked for.
 *
 * @throws PipelineError SOURCE_MALFORMED, CONVERSION_FAILED
 */
export async function* seeParquetRecords(
  duckDb: DuckDb,
  { bytes, folder, pageBytes, signal }: SeeParquetInput,
  sightings: RecordSightings,
): AsyncGenerator<void> {
  const path = join(folder, 'file.parquet')
  await spoolFile(bytes, path, signal)
  const cutting = { path, folder, batchBytes: pageBytes, signal }
  let pages = 0
  for await (const piece of cutParquet(duckDb, cutting)) {
    yield
    const page = join(folder, `seen-${pages}.parquet`)
    pages += 1
    if (piece.records > 0) {
      await duckDb
        .withConnection(signal, (connection) => seePage(connection, piece.path, page, sightings))
        .catch((error: unknown) => {
          throw parquetFailure(error)
        })
    }
  }
}

interface SeenColumn {
  readonly name: string
  /** SQL. */
  readonly text: string
  readonly kindOf: (text: string) => ValueKind
}

/** @param to Where the page is written with a footer that DuckDB reads exactly. */
async function seePage(
  connection: DuckDBConnection,
  from: string,
  to: string,
  sightings: RecordSightings,
): Promise<void> {
  const body = await readFile(from)
  const footer = await readParquetFooter(body.length, (start, end) =>
    Promise.resolve(body.subarray(start, end)),
  )
  const schema = neutralSchema(footer.metadata.structs(fileField.schema), { bytesOnly: true })
  await writeFile(to, [body.subarray(0, footer.start), neutralFooter(footer, schema)])
  const record = await readShape(connection, { paths: [to], schema })
  const columns: SeenColumn[] = []
  for (const name of new Set(schema.topNames)) {
    const column = await seenColumn(connection, record, name, to)
    if (column === undefined) sightings.unreadable.add(name)
    else columns.push(column)
  }
  const texts = columns.map(({ text }) => text).join(', ')
  const result = await connection.stream(`SELECT ${texts} FROM ${filesSql([to])}`)
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    for (const row of chunk.getRows()) {
      sightings.see(
        columns.map(({ name, kindOf }, index) => {
          const text = row[index]
          return [name, typeof text === 'string' ? { kind: kindOf(text), text } : undefined]
        }),
      )
    }
  }
}

/** Undefined where a load could not read it either: two columns of one name, too many digits. */
async function seenColumn(
  connection: DuckDBConnection,
  record: StructShape,
  name: string,
  path: string,
): Promise<SeenColumn | undefined> {
  const found = findShape(record, [name])
  if (found === undefined || found.isAmbiguous) return undefined
  const { shape } = found
  if (shape.kind !== 'leaf') {
    const { text } = fieldText(record, { path: [name], use: 'json' }, true)
    return { name, text, kindOf: () => 'nested' }
  }
  switch (shape.form.kind) {
    case 'wide-decimal':
      return undefined
    case 'text':
    case 'unchecked-text':
    case 'bytes': {
      const { text, isLost, raw } = fieldText(record, { path: [name], use: 'text' }, true)
      // Old writers say of no text that it is one; of what is not UTF-8 there is no other reading.
      if (raw !== undefined && isLost !== undefined && (await isEver(connection, isLost, path))) {
        return { name, text: raw, kindOf: () => 'bytea' }
      }
      return { name, text, kindOf: kindOfText }
    }
    default: {
      const { text } = fieldText(record, { path: [name], use: 'text' }, true)
      const isFloat = /^(FLOAT|DOUBLE)/.test(shape.type)
      return { name, text, kindOf: isFloat ? () => 'float' : kindOfUntyped }
    }
  }
}

async function isEver(
  connection: DuckDBConnection,
  condition: string,
  path: string,
): Promise<boolean> {
  const [row = []] = await queryTexts(
    connection,
    `SELECT coalesce(bool_or(${condition}), false) FROM ${filesSql([path])}`,
  )
  return row[0] === 'true'
}
