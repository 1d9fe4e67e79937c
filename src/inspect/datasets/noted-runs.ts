import type { NotedRuns } from '../../client/partition-runs.ts'
import type { Sessions } from '../../targets/postgres/sessions.ts'

/** Runs as the catalog of a database has noted them; one that has no catalog has noted none. */
export function createNotedRuns(sessions: Sessions): NotedRuns {
  return {
    findRunning: ({ pipeline, partition, signal }) =>
      sessions.transaction('claimcheck datasets', signal, async (session) => {
        const catalog = await session.query<{ exists: boolean }>(
          `SELECT to_regclass('claimcheck.runs') IS NOT NULL AS exists`,
        )
        if (catalog.rows[0]?.exists !== true) return []
        const { rows } = await session.query<{ workflow: string; namespace: string | null }>(
          `SELECT DISTINCT workflow_id AS workflow, namespace FROM claimcheck.runs
            WHERE pipeline = $1 AND partition = $2 AND state = 'running' AND workflow_id IS NOT NULL`,
          [pipeline, partition],
        )
        return rows.map(({ workflow, namespace }) => ({ workflowId: workflow, namespace }))
      }),
  }
}
