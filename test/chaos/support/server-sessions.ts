import { eventually } from '../../support/eventually.ts'
import type { TestDatabase } from '../../targets/support/test-database.ts'

export interface ServerSession {
  readonly pid: number
  readonly name: string
  readonly waits: string | null
  readonly statement: string
}

/** Claimcheck's sessions of which the server runs a statement. */
export function sessionsOf(database: TestDatabase): Promise<ServerSession[]> {
  return database.query<ServerSession>(
    `SELECT pid, application_name AS name, wait_event AS waits, query AS statement
       FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'claimcheck %'
        AND state = 'active'`,
  )
}

interface Moment {
  /** The server's name for what is waited for, e.g. `relation`. */
  readonly waitsFor: string
  /** How its statement begins. */
  readonly runs: string
}

/** The session that copies a part, once it is stopped at the given moment. */
export function stagingSession(database: TestDatabase, moment: Moment): Promise<ServerSession> {
  return sessionAt(database, 'claimcheck stage ', moment)
}

/** The session that publishes, once it is stopped at the given moment. */
export function publishingSession(database: TestDatabase, moment: Moment): Promise<ServerSession> {
  return sessionAt(database, 'claimcheck publish ', moment)
}

function sessionAt(
  database: TestDatabase,
  name: string,
  { waitsFor, runs }: Moment,
): Promise<ServerSession> {
  return eventually(
    `"${name}" to wait for ${waitsFor} in ${runs}`,
    async () =>
      (await sessionsOf(database)).find(
        (session) =>
          session.name.startsWith(name) &&
          session.waits === waitsFor &&
          session.statement.trimStart().startsWith(runs),
      ),
    60_000,
  )
}
