import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createRelation } from '../../../activities/conversion/create-relation.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from './convert-bodies.ts'

describe('the relation that SQL of a pipeline reads', () => {
  const bed = useDuckDb()

  test('has the values of its files, whatever the folder is called that they lie in', async () => {
    const folder = join(bed.folder, 'city=Oslo', 'year=2001')
    await mkdir(folder, { recursive: true })
    await bed.duckDb.withConnection(AbortSignal.timeout(30_000), async (connection) => {
      const paths = ['Bergen', 'Voss'].map((city) => join(folder, `${city}.parquet`))
      for (const path of paths) {
        const [, city] = /(\w+)\.parquet$/.exec(path) ?? []
        await connection.run(`COPY (SELECT 1::BIGINT id, '${city}' city) TO '${path}'`)
      }
      await createRelation(connection, 'cities', paths, columnsOf({ id: 'bigint', city: 'text' }))
      const read = await connection.runAndReadAll('SELECT * FROM cities')
      assert.deepEqual(read.getRowsJson(), [
        ['1', 'Bergen'],
        ['1', 'Voss'],
      ])
    })
  })
})
