import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { DuckDb } from '../../activities/conversion/duck-db.ts'

/** There from the first `before` on that is registered later. */
export interface TestDuckDb {
  readonly duckDb: DuckDb
  /** For whatever a test writes; removed at the end. */
  readonly folder: string
}

/** A DuckDB and a folder for the tests of the suite, or file, that this is called in. */
export function useDuckDb(): TestDuckDb {
  let opened: TestDuckDb | undefined
  const bed = (): TestDuckDb => {
    if (opened === undefined) throw new Error('DuckDB is open in tests and later hooks only')
    return opened
  }
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'claimcheck-duck-db-'))
    opened = { folder, duckDb: await DuckDb.open({ spillDirectory: join(folder, 'spill') }) }
  })
  after(async () => {
    opened?.duckDb.close()
    if (opened !== undefined) await rm(opened.folder, { recursive: true, force: true })
  })
  return {
    get duckDb() {
      return bed().duckDb
    },
    get folder() {
      return bed().folder
    },
  }
}
