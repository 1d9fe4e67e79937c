import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { Session } from './sessions.ts'

const OLDEST_VERSION = 14

interface ServerRow {
  readonly version: number
  readonly encoding: string
  readonly standby: boolean
  readonly read_only: boolean
}

/**
 * Checks that this server and database can be loaded into at all. Only reads.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_NOT_WRITABLE
 */
export async function checkServer(session: Session): Promise<void> {
  const { rows } = await session.query<ServerRow>(
    `SELECT current_setting('server_version_num')::integer / 10000 AS version,
            current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby,
            current_setting('transaction_read_only') = 'on' AS read_only`,
  )
  const server = rows[0]
  if (server === undefined) return
  if (server.version < OLDEST_VERSION) {
    throw new PipelineError('TARGET_MISMATCH', `The server is PostgreSQL ${server.version}`, {
      remedy: `Use PostgreSQL ${OLDEST_VERSION} or newer.`,
    })
  }
  if (server.encoding !== 'UTF8') {
    throw new PipelineError('TARGET_MISMATCH', `The database's encoding is ${server.encoding}`, {
      remedy: 'Use a database whose encoding is UTF8: others cannot hold all text.',
    })
  }
  if (server.standby) {
    throw new PipelineError('TARGET_NOT_WRITABLE', 'The server is a standby', {
      remedy: 'Point the target URL at the primary.',
      retryable: true,
    })
  }
  if (server.read_only) {
    throw new PipelineError(
      'TARGET_NOT_WRITABLE',
      'default_transaction_read_only is on, for the role, the database or the server',
      {
        remedy:
          'Find out who has set it, and why (a hoster may, where the disk is full); then ALTER ROLE or DATABASE … RESET it.',
      },
    )
  }
}

/**
 * Checks the rights on Claimcheck's own schemas, once they are there. Only reads.
 *
 * @throws PipelineError TARGET_NOT_WRITABLE
 */
export async function checkCatalogRights(session: Session): Promise<void> {
  const { rows } = await session.query<{ lacking: string[]; role: string }>(
    `SELECT current_user::text AS role, ARRAY(
       SELECT 'CREATE ON SCHEMA claimcheck_staging'
        WHERE NOT has_schema_privilege('claimcheck_staging', 'USAGE')
           OR NOT has_schema_privilege('claimcheck_staging', 'CREATE')
       UNION ALL
       SELECT p || ' ON claimcheck.' || t
         FROM (VALUES ('loads', 'SELECT'), ('loads', 'INSERT'), ('staged_parts', 'SELECT'),
                      ('staged_parts', 'INSERT'), ('staged_parts', 'DELETE'), ('rejects', 'INSERT'),
                      ('high_water_marks', 'SELECT'), ('high_water_marks', 'INSERT'),
                      ('high_water_marks', 'UPDATE'), ('pipelines', 'SELECT'),
                      ('pipelines', 'INSERT'), ('pipelines', 'UPDATE'), ('runs', 'SELECT'),
                      ('runs', 'INSERT'), ('runs', 'UPDATE'), ('datasets', 'SELECT'),
                      ('datasets', 'INSERT'), ('evolved_columns', 'SELECT'),
                      ('evolved_columns', 'INSERT'), ('evolved_columns', 'UPDATE')) AS needed (t, p)
        WHERE NOT has_table_privilege('claimcheck.' || t, p)) AS lacking`,
  )
  const { lacking = [], role } = rows[0] ?? {}
  if (lacking.length === 0) return
  throw new PipelineError('TARGET_NOT_WRITABLE', `Role ${role} lacks ${lacking.join(', ')}`, {
    remedy:
      'Grant it, or load as the role that owns the schemas claimcheck and claimcheck_staging.',
  })
}
