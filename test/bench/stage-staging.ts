import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { createStaging } from './flights-table.ts'
import { median, rounded } from './report.ts'
import type { StageBed } from './stage-bed.ts'
import type { StageCase } from './stage-case.ts'
import { copyFile, copyTool } from './stage-floor.ts'
import type { StageTask } from './stage-process.ts'
import { workerFlags } from './worker-flags.ts'

const oursTable = 'flights_ours'
const theirsTable = 'public.flights_theirs'
const stageScript = fileURLToPath(import.meta.resolve('./stage-process.ts'))
const run = promisify(execFile)

const stageOutput = z.object({
  /** As an SQL identifier. */
  staging: z.string(),
  measured: z.object({ seconds: z.number(), cpuSeconds: z.number() }),
  rssIdleMib: z.number(),
  rssBeforeMib: z.number(),
  rssPeakMib: z.number(),
})

/** Of one staging process. */
export interface StageMemory {
  readonly rssIdleMib: number
  readonly rssBeforeMib: number
  readonly rssPeakMib: number
  /** Of the staging table as PostgreSQL keeps it. */
  readonly stagedMib: number
}

/** Parquet parts into a staging table, beside a file into a table of the same kind. */
export function stagingCase(
  bed: StageBed,
  format: 'csv' | 'binary',
  memory: StageMemory[],
): StageCase {
  const { database, databaseUrl } = bed
  return {
    name: format === 'csv' ? 'stage' : 'stage beside binary COPY',
    theirsIs: `${copyTool}, ${format} file into an UNLOGGED table without an index`,
    ...(format === 'csv' ? { aim: 1.5 } : {}),
    async ours() {
      await database.query('CHECKPOINT')
      const { parts, databasePid } = bed
      const task: StageTask = { table: oursTable, parts: [...parts], databasePid }
      const { stdout } = await run(
        process.execPath,
        [...process.execArgv, ...workerFlags(), stageScript, JSON.stringify(task)],
        { env: { ...process.env, CLAIMCHECK_DATABASE_URL: databaseUrl } },
      )
      const { staging, measured, ...rss } = stageOutput.parse(JSON.parse(stdout))
      const { rows } = await database.query<{ mib: number }>(
        `SELECT pg_table_size($1::regclass)::float8 / 1048576 AS mib`,
        [staging],
      )
      memory.push({ ...rss, stagedMib: rows[0]?.mib ?? 0 })
      const correct = await bed.isRight(staging)
      await database.query(`DROP TABLE ${staging}`)
      return { ...measured, correct }
    },
    async theirs() {
      await createStaging(database, theirsTable)
      await database.query('CHECKPOINT')
      const path = format === 'csv' ? bed.csvPath : bed.binaryPath
      const copy = { databaseUrl, table: theirsTable, path, format }
      const measured = await bed.measure(() => copyFile(copy))
      const correct = await bed.isRight(theirsTable)
      await database.query(`DROP TABLE ${theirsTable}`)
      return { ...measured, correct }
    },
  }
}

const shareAim = 0.2

/** The middle of several processes. */
export function memoryFigures(memory: readonly StageMemory[]) {
  const middle = (figure: (process: StageMemory) => number, digits = 1): number =>
    rounded(median(memory.map(figure)), digits)
  const growth = ({ rssPeakMib, rssBeforeMib }: StageMemory): number => rssPeakMib - rssBeforeMib
  const rssGrowthShare = middle((process) => growth(process) / process.stagedMib, 2)
  return {
    stagedMiB: middle(({ stagedMib }) => stagedMib),
    rssIdleMiB: middle(({ rssIdleMib }) => rssIdleMib),
    rssBeforeMiB: middle(({ rssBeforeMib }) => rssBeforeMib),
    rssPeakMiB: middle(({ rssPeakMib }) => rssPeakMib),
    rssGrowthMiB: middle(growth),
    rssGrowthFromIdleMiB: middle(({ rssPeakMib, rssIdleMib }) => rssPeakMib - rssIdleMib),
    rssGrowthShare,
    rssGrowthShareIs:
      'rssGrowthMiB / stagedMiB: from after one part (idle: before any) to the peak while all are staged, by the size of the staging table',
    aim: shareAim,
    meetsAim: rssGrowthShare <= shareAim,
  }
}
