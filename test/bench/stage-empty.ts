import type { LoadCounts } from '../../activities/load-target.ts'
import { createFlights } from './flights-table.ts'
import type { StageBed } from './stage-bed.ts'
import type { StageCase } from './stage-case.ts'
import { copyFile, copyTool } from './stage-floor.ts'
import { flightsLoad } from './stage-ours.ts'
import type { StageRows } from './stage-shuffled.ts'

const oursName = 'flights_ours'
const oursTable = `public.${oursName}`
const theirsTable = 'public.flights_theirs'

export interface EmptyTable {
  readonly name: string
  /** Whether there is one with its key already. */
  readonly exists: boolean
  readonly rows: StageRows
}

/** Stage and publish where there are no rows yet, beside COPY straight into a table that has its key. */
export function emptyTableCase(bed: StageBed, { name, exists, rows }: EmptyTable): StageCase {
  const { database, databaseUrl, slice, ours } = bed
  const { parts, csvPath } = rows
  return {
    name: `stage and publish into ${name}`,
    theirsIs: `${copyTool}, csv file into an empty logged table with its primary key`,
    aim: 1.3,
    async ours() {
      if (exists) await createFlights(database, oursTable)
      await database.query('CHECKPOINT')
      const load = flightsLoad(oursName, parts)
      await ours.check(load)
      let counts: LoadCounts | undefined
      const measured = await bed.measure(async () => {
        counts = await ours.load(load, parts)
      })
      const isCounted = counts?.rowsInserted === slice.rows
      const correct =
        isCounted && (await hasPrimaryKey(bed, oursTable)) && (await bed.isRight(oursTable))
      await database.query(`DROP TABLE ${oursTable}`)
      return { ...measured, correct }
    },
    async theirs() {
      await createFlights(database, theirsTable)
      await database.query('CHECKPOINT')
      const copy = { databaseUrl, table: theirsTable, path: csvPath, format: 'csv' } as const
      const measured = await bed.measure(() => copyFile(copy))
      const correct = await bed.isRight(theirsTable)
      await database.query(`DROP TABLE ${theirsTable}`)
      return { ...measured, correct }
    },
  }
}

/** Of a logged table, ready to be used. */
async function hasPrimaryKey({ database }: StageBed, table: string): Promise<boolean> {
  const { rows } = await database.query<{ key: string }>(
    `SELECT pg_get_constraintdef(c.oid) AS key
       FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
      WHERE c.conrelid = $1::regclass AND c.contype = 'p' AND t.relpersistence = 'p'`,
    [table],
  )
  return rows[0]?.key === 'PRIMARY KEY (id)'
}
