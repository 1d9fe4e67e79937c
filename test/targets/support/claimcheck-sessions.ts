import { eventually } from '../../support/eventually.ts'
import type { TestDatabase } from './test-database.ts'

export interface ShownSession {
  readonly pid: number
  readonly name: string
  readonly state: string
  readonly waits: string | null
}

/** Claimcheck's sessions in the database that are in a transaction, as the server shows them. */
export function claimcheckSessions(database: TestDatabase): Promise<ShownSession[]> {
  return database.query<ShownSession>(
    `SELECT pid, application_name AS name, state, wait_event AS waits FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'claimcheck %' AND state <> 'idle'`,
  )
}

/** Waits until the server is rid of them: it learns of a client's end a moment later. */
export async function noClaimcheckSession(database: TestDatabase): Promise<void> {
  await eventually('every session to end', async () =>
    (await claimcheckSessions(database)).length === 0 ? true : undefined,
  )
}

/** The session of this name, once it is there and a statement of it waits for `event`, if given. */
export function claimcheckSession(
  database: TestDatabase,
  name: string,
  event?: string,
): Promise<ShownSession> {
  return eventually(`a session "${name}"${event ? ` in ${event}` : ''}`, async () =>
    (await claimcheckSessions(database)).find(
      (session) =>
        session.name === name &&
        (event === undefined || (session.state === 'active' && session.waits === event)),
    ),
  )
}
