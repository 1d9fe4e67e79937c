import { after, before } from 'node:test'
import type { LoadTarget } from '../../../activities/load-target.ts'
import type { RunReference } from '../../../activities/run-reference.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'
import { findLoadByPrefix } from '../../../src/targets/postgres/list-loads.ts'
import { createPostgresTarget } from '../../../src/targets/postgres/postgres-target.ts'
import { openSessions, type Sessions } from '../../../src/targets/postgres/sessions.ts'
import { verifyLoad, type VerifiedLoad } from '../../../src/targets/postgres/verify-load.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { storedLoad, type StoredLoadOptions } from './stored-load.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

export interface VerifyOptions {
  readonly signal?: AbortSignal
  readonly onPart?: () => void
}

export interface VerifyBed {
  readonly store: MemoryObjectStore
  readonly database: TestDatabase
  readonly load: (options: StoredLoadOptions) => Promise<RunReference>
  readonly verify: (run: RunReference, options?: VerifyOptions) => Promise<VerifiedLoad>
  /** What was found in short: of the counts those that are not zero. */
  readonly found: (run: RunReference) => Promise<unknown>
  /** All that is staged of any dataset. */
  readonly staged: () => Promise<unknown[]>
}

/** A database and a store for the tests of the suite that this is called in. */
export function useVerifyBed(): VerifyBed {
  const duckDb = useDuckDb()
  const store = new MemoryObjectStore()
  let opened: { database: TestDatabase; target: LoadTarget; sessions: Sessions } | undefined
  const bed = () => {
    if (opened === undefined) throw new Error('the bed is open in tests only')
    return opened
  }
  before(async () => {
    const database = await createTestDatabase()
    const { url } = database
    const [named] = await database.query<{ name: string }>('SELECT current_database() AS name')
    // What is written of a date is not to depend on it.
    await database.query(`ALTER DATABASE ${named?.name} SET DateStyle TO 'SQL, DMY'`)
    opened = {
      database,
      target: createPostgresTarget({ url }),
      sessions: openSessions({ url, maxConnections: 2, connectTimeoutMs: 10_000 }),
    }
  })
  after(async () => {
    await opened?.sessions.close()
    await opened?.target.close()
    await opened?.database.drop()
  })

  async function verify(
    { datasetId }: RunReference,
    { signal = AbortSignal.timeout(60_000), onPart = () => {} }: VerifyOptions = {},
  ): Promise<VerifiedLoad> {
    const { sessions } = bed()
    const load = await sessions.transaction('claimcheck loads', signal, (session) =>
      findLoadByPrefix(session, datasetId),
    )
    const ports = { sessions, store, duckDb: duckDb.duckDb }
    return verifyLoad(ports, { load, withExamples: true, onPart, signal })
  }

  return {
    store,
    get database() {
      return bed().database
    },
    load: (options) => storedLoad(duckDb, { store, target: bed().target }, options),
    verify,
    async found(run) {
      const { verdict, keys, comparison } = await verify(run)
      const { laterLoads } = comparison ?? {}
      const counts = Object.entries(comparison?.rows ?? {}).filter(([, count]) => count > 0)
      return { verdict, keys, laterLoads, ...Object.fromEntries(counts) }
    },
    staged: () =>
      bed().database.query(
        `SELECT relname FROM pg_class WHERE relnamespace = 'claimcheck_staging'::regnamespace
          UNION ALL SELECT dataset_id::text FROM claimcheck.staged_parts`,
      ),
  }
}
