import { CatalogError } from './catalog-error.ts'
import { openSessions, type Session, type Sessions } from './sessions.ts'

/** A command asks, compares and stages, one after the other; one more tidies up. */
const maxConnections = 2

/**
 * Runs `work` with connections to a database whose catalog is there, and is of this version or a newer
 * one. They are closed afterwards.
 *
 * @throws CatalogError CATALOG_NOT_FOUND, CATALOG_OUTDATED
 * @throws PipelineError TARGET_UNREACHABLE, TARGET_DENIED
 */
export async function withCatalog<Result>(
  url: string,
  signal: AbortSignal,
  work: (sessions: Sessions) => Promise<Result>,
): Promise<Result> {
  const sessions = openSessions({ url, maxConnections, connectTimeoutMs: 10_000 })
  try {
    await sessions.transaction('claimcheck loads', signal, (session) =>
      requireCatalog(session, sessions),
    )
    return await work(sessions)
  } finally {
    await sessions.close()
  }
}

/**
 * Asks one question of the catalog, over connections that stay open.
 *
 * @throws CatalogError CATALOG_NOT_FOUND, CATALOG_OUTDATED
 * @throws PipelineError TARGET_UNREACHABLE, TARGET_DENIED
 */
export function askCatalog<Answer>(
  sessions: Sessions,
  signal: AbortSignal,
  question: (session: Session) => Promise<Answer>,
): Promise<Answer> {
  return sessions.transaction('claimcheck web', signal, async (session) => {
    await requireCatalog(session, sessions)
    return question(session)
  })
}

/**
 * What a listing shows where there is no catalog, since nothing was ever loaded: that is no failure. Who asks
 * for one load by name is told that there is none.
 */
export async function orWithoutCatalog<Answer, Instead>(
  ask: () => Promise<Answer>,
  instead: (error: CatalogError) => Instead,
): Promise<Answer | Instead> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof CatalogError && error.code === 'CATALOG_NOT_FOUND') return instead(error)
    throw error
  }
}

async function requireCatalog(session: Session, { at }: Sessions): Promise<void> {
  const { rows } = await session.query<{ exists: boolean; isOfToday: boolean }>(
    // A column of the newest migration.
    `SELECT to_regclass('claimcheck.loads') IS NOT NULL AS exists,
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('claimcheck.loads')
               AND attname = 'missing_fields') AS "isOfToday"`,
  )
  const [found] = rows
  if (found?.isOfToday === true) return
  if (found?.exists === true) {
    throw new CatalogError('CATALOG_OUTDATED', 'the catalog is of an earlier version', {
      at,
      remedy: 'The next load into this database brings it up to date.',
    })
  }
  throw new CatalogError('CATALOG_NOT_FOUND', 'nothing was loaded into this database yet', {
    at,
    remedy: 'The first load makes its catalog; or name the database that was loaded into.',
  })
}
