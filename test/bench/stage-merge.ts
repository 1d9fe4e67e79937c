import type { LoadCounts } from '../../activities/load-target.ts'
import { columnNames, createFlights, createStaging, settle } from './flights-table.ts'
import { textbookMerge } from './floor.ts'
import type { StageBed } from './stage-bed.ts'
import type { StageCase } from './stage-case.ts'
import { flightsLoad } from './stage-ours.ts'

const oursName = 'flights_ours'
const oursTable = `public.${oursName}`
const theirsTable = 'public.flights_theirs'
const theirsStaging = 'public.flights_theirs_staging'

export interface Changed {
  readonly name: string
  /** SQL that tells which rows of the table are others than the staged ones. */
  readonly condition: string
  readonly aim?: number
}

/** Publish over a table that has the rows, beside the upsert that everybody writes; both staged before. */
export function mergeCase(bed: StageBed, { name, condition, aim }: Changed): StageCase {
  const { database, parts, slice, ours, rowsTable } = bed
  const names = columnNames.join(', ')
  const before = columnNames.map((column) =>
    column === 'delay'
      ? `CASE WHEN ${condition} THEN coalesce(delay, 0) + 1 ELSE delay END`
      : column,
  )
  const prepare = async (table: string): Promise<void> => {
    await createFlights(database, table)
    await database.query(
      `INSERT INTO ${table} (${names}) SELECT ${before.join(', ')} FROM ${rowsTable} ORDER BY id`,
    )
    await settle(database, [table])
  }
  const countChanged = async (): Promise<number> => {
    const { rows } = await database.query<{ changed: number }>(
      `SELECT count(*)::integer AS changed FROM ${rowsTable} WHERE ${condition}`,
    )
    return rows[0]?.changed ?? 0
  }
  return {
    name: `publish, ${name}`,
    theirsIs: 'INSERT … SELECT … ON CONFLICT DO UPDATE from a staging table',
    ...(aim === undefined ? {} : { aim }),
    async ours() {
      await prepare(oursTable)
      const load = flightsLoad(oursName, parts)
      await ours.stage(load, parts)
      await database.query('CHECKPOINT')
      let counts: LoadCounts | undefined
      const measured = await bed.measure(async () => {
        counts = await ours.publish(load)
      })
      const changed = await countChanged()
      const isCounted =
        counts?.rowsUpdated === changed && counts.rowsUnchanged === slice.rows - changed
      const correct = isCounted && (await bed.isRight(oursTable))
      await database.query(`DROP TABLE ${oursTable}`)
      return { ...measured, correct }
    },
    async theirs() {
      await prepare(theirsTable)
      await createStaging(database, theirsStaging)
      await database.query(
        `INSERT INTO ${theirsStaging} (${names}) SELECT ${names} FROM ${rowsTable} ORDER BY id`,
      )
      await database.query('CHECKPOINT')
      const measured = await bed.measure(() =>
        database.query(textbookMerge(theirsStaging, theirsTable)),
      )
      const correct = await bed.isRight(theirsTable)
      await database.query(`DROP TABLE ${theirsTable}, ${theirsStaging}`)
      return { ...measured, correct }
    },
  }
}
