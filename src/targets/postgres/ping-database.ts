import { checkServer } from './check-database.ts'
import { openSessions } from './sessions.ts'

/**
 * Says which server answers at the URL, after checking that it can be loaded into.
 *
 * @throws PipelineError TARGET_UNREACHABLE, TARGET_DENIED, TARGET_MISMATCH, TARGET_NOT_WRITABLE
 */
export async function pingDatabase(url: string): Promise<string> {
  const sessions = openSessions({ url, maxConnections: 1, connectTimeoutMs: 10_000 })
  try {
    const signal = new AbortController().signal
    return await sessions.transaction('claimcheck doctor', signal, async (session) => {
      await checkServer(session)
      const { rows } = await session.query<{ version: string }>(
        `SELECT current_setting('server_version') AS version`,
      )
      const { host, port, database } = sessions.at
      return `${host}:${port}/${database}, server ${rows[0]?.version ?? 'unknown'}`
    })
  } finally {
    await sessions.close()
  }
}
