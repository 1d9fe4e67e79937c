import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { readPart } from '../../../activities/conversion/read-part.ts'
import { identifier, literal } from '../../../activities/conversion/sql-text.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { valueAt } from '../../support/value-at.ts'

const columns: readonly ColumnDefinition[] = [
  { name: 't', from: 't', type: { kind: 'text' }, key: false },
  { name: 'b', from: 'b', type: { kind: 'bytea' }, key: false },
  { name: 'a', from: 'a', type: { kind: 'array', element: { kind: 'text' } }, key: false },
]

// DuckDB keeps up to twelve bytes in place, and a pointer to more.
const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array))
const row = fc.tuple(
  fc.option(text),
  fc.option(bytes),
  fc.option(fc.array(fc.option(text), { maxLength: 4 })),
)

describe('the rows of a part', () => {
  const bed = useDuckDb()

  test('hold texts and bytes of any length, and NULLs, as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
        const path = join(bed.folder, 'part.parquet')
        const read = await bed.duckDb.withConnection(
          AbortSignal.timeout(60_000),
          async (connection) => {
            const values = rows.map(
              ([t, b, a]) => `(${[textSql(t), bytesSql(b), listSql(a)].join(', ')})`,
            )
            const names = columns.map(({ name }) => identifier(name)).join(', ')
            await connection.run(
              `COPY (SELECT t::VARCHAR AS t, b::BLOB AS b, a::VARCHAR[] AS a FROM (VALUES ${values.join(', ')}) v(${names})) TO ${literal(path)} (FORMAT parquet)`,
            )
            return Array.fromAsync(readPart(connection, path, columns))
          },
        )
        const found = read.flatMap((chunk) =>
          Array.from({ length: chunk.rowCount }, (_, index) =>
            chunk.columns.map((vector) => valueAt(vector, index)),
          ),
        )
        assert.deepEqual(
          found,
          rows.map(([t, b, a]) => [t, b, a]),
        )
      }),
      { numRuns: 40 },
    )
  })
})

function textSql(value: string | null): string {
  // NUL stands in no literal.
  return value === null ? 'NULL' : `decode(${bytesSql(Buffer.from(value))})`
}

function bytesSql(value: Buffer | null): string {
  return value === null ? 'NULL' : `from_hex('${value.toString('hex')}')`
}

function listSql(values: readonly (string | null)[] | null): string {
  return values === null ? 'NULL' : `[${values.map(textSql).join(', ')}]`
}
