import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { advisoryLock } from './advisory-lock.ts'
import type { Session, Sessions } from './sessions.ts'

interface Migration {
  readonly number: number
  readonly file: string
}

const NAME = 'claimcheck migrate'

/**
 * Brings the catalog schema up to date: runs each numbered SQL file of `directory` that was not run
 * yet, in order, all in one transaction. Any number of workers may call it at once. When nothing is
 * to be done it only reads, so that a role that may not create schemas can still load.
 *
 * @throws PipelineError TARGET_NOT_WRITABLE when the role may not read or make the catalog.
 */
export async function migrate(
  sessions: Sessions,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const migrations = await readMigrations(directory)
  const upToDate = await sessions.transaction(NAME, signal, async (session) => {
    const { rows } = await session.query<{ exists: boolean }>(
      `SELECT to_regclass('claimcheck.migrations') IS NOT NULL AS exists`,
    )
    return rows[0]?.exists === true && (await pending(session, migrations)).length === 0
  })
  if (upToDate) return
  await sessions.transaction(NAME, signal, async (session) => {
    const { key } = advisoryLock(['migrate'])
    await session.query('SELECT pg_advisory_xact_lock($1::bigint)', [key.toString()])
    await session.query(`CREATE SCHEMA IF NOT EXISTS claimcheck`)
    await session.query(`CREATE TABLE IF NOT EXISTS claimcheck.migrations (
      number integer PRIMARY KEY, file text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    for (const { number, file } of await pending(session, migrations)) {
      await session.query(await readFile(join(directory, file), 'utf8'))
      await session.query('INSERT INTO claimcheck.migrations (number, file) VALUES ($1, $2)', [
        number,
        file,
      ])
    }
  })
}

/** Numbers the catalog has and this program does not know are a newer program's: no concern here. */
async function pending(session: Session, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await session.query<{ number: number }>(
    'SELECT number FROM claimcheck.migrations',
  )
  const applied = new Set(rows.map(({ number }) => number))
  return migrations.filter(({ number }) => !applied.has(number))
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}_\w+\.sql$/.test(file))
  return files.toSorted().map((file) => ({ number: Number(file.slice(0, 4)), file }))
}
