import { CatalogError } from './catalog-error.ts'
import { openSessions, type Session, type Sessions } from './sessions.ts'

/** A command asks, compares and stages, one after the other; one more tidies up. */
const maxConnections = 2

/**
 * Runs `work` with connections to a database whose catalog is there, and is of this version or a newer
 * one. They are closed afterwards.
 *
 * @throws CatalogError CATALOG_NOT_FOUND
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
 * @throws CatalogError CATALOG_NOT_FOUND
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

async function requireCatalog(session: Session, { at }: Sessions): Promise<void> {
  const { rows } = await session.query<{ exists: boolean }>(
    // A column of the newest migration.
    `SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('claimcheck.loads')
               AND attname = 'made_from') AS exists`,
  )
  if (rows[0]?.exists === true) return
  throw new CatalogError('CATALOG_NOT_FOUND', 'the database has no catalog of this version', {
    at,
    remedy: 'The first load makes it, or brings one of an earlier version up to date.',
  })
}
