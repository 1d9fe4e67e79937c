import type { DuckDBConnection } from '@duckdb/node-api'
import type { FileRun } from '../conversion/write-parquet.ts'
import { queryTexts } from '../conversion/query-texts.ts'
import { fieldText, filesSql, readShape } from '../parquet/parquet-relation.ts'
import { findShape, type StructShape } from '../parquet/value-shape.ts'
import type { SeenField, SeenFields } from './seen-fields.ts'
import { kindOfText, kindOfUntyped, type ValueKind } from './value-kind.ts'

/** Looks at the wanted fields of every record of Parquet files. */
export async function seeParquetFields(
  connection: DuckDBConnection,
  runs: readonly FileRun[],
  fields: SeenFields,
): Promise<void> {
  for (const run of runs) {
    const shape = await readShape(connection, run)
    const wanted = [...new Set(run.schema.topNames)].flatMap((name) => {
      const field = fields.get(name)
      return field === undefined ? [] : [toWanted(shape, name, field, run.bytesOnly)]
    })
    if (wanted.length === 0) continue
    const texts = wanted.map(({ text }) => text).join(', ')
    const result = await connection.stream(`SELECT ${texts} FROM ${filesSql(run.paths)}`)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) break
      for (const [index, { field, kindOf }] of wanted.entries()) {
        for (const value of chunk.getColumnValues(index)) {
          if (typeof value === 'string') field.needs.see(kindOf(value), value)
        }
      }
    }
  }
}

/** Which of the names have a value in some record. */
export async function parquetFieldsWithValues(
  connection: DuckDBConnection,
  runs: readonly FileRun[],
  names: ReadonlySet<string>,
): Promise<Set<string>> {
  const found = new Set<string>()
  for (const run of runs) {
    const shape = await readShape(connection, run)
    const here = [...new Set(run.schema.topNames)].filter((name) => names.has(name))
    if (here.length === 0) continue
    const counts = here.map((name) => {
      const columns = findShape(shape, [name])?.columns ?? []
      return `count(${columns.map((column) => `"${column}"`).join('.')}) > 0`
    })
    const [row = []] = await queryTexts(
      connection,
      `SELECT ${counts.join(', ')} FROM ${filesSql(run.paths)}`,
    )
    for (const [index, name] of here.entries()) if (row[index] === 'true') found.add(name)
  }
  return found
}

interface WantedField {
  readonly field: SeenField
  /** SQL. */
  readonly text: string
  readonly kindOf: (value: string) => ValueKind
}

function toWanted(
  record: StructShape,
  name: string,
  field: SeenField,
  bytesOnly: boolean,
): WantedField {
  const shape = findShape(record, [name])?.shape
  const isNested = shape !== undefined && shape.kind !== 'leaf'
  const { text } = fieldText(record, { path: [name], use: isNested ? 'json' : 'text' }, bytesOnly)
  if (isNested) return { field, text, kindOf: () => 'nested' }
  const kinds: readonly string[] = ['text', 'unchecked-text', 'bytes']
  const isText = shape?.kind === 'leaf' && kinds.includes(shape.form.kind)
  return { field, text, kindOf: isText && !field.isTyped ? kindOfText : kindOfUntyped }
}
