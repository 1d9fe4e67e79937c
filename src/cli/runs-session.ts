import type { Client } from '@temporalio/client'
import { isOutOfReach } from '../client/is-out-of-reach.ts'
import type { RunView } from '../client/show-run.ts'
import { temporalRunUrl } from '../client/temporal-run-url.ts'
import { CommandError } from '../command-error.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { findServers, openSession } from './session.ts'

const timeoutMs = 30_000

/** What commands about runs work with. */
export interface RunsSession {
  readonly client: Client
  readonly settings: Settings
  /** The page of a run in the Temporal UI, where that is known. */
  readonly pageOf: (run: Pick<RunView, 'workflowId' | 'latestRunId'>) => string | undefined
}

/**
 * Runs `work` with a client that asks Temporal within a time, and closes it.
 *
 * @throws CommandError TEMPORAL_UNREACHABLE
 */
export async function withRuns(work: (session: RunsSession) => Promise<void>): Promise<void> {
  const settings = readSettings(process.env)
  const addresses = findServers(settings)
  const session = await openSession(settings, addresses)
  const { client } = session
  try {
    await client.withDeadline(Date.now() + timeoutMs, () =>
      work({
        client,
        settings,
        pageOf: ({ workflowId, latestRunId: runId }) =>
          temporalRunUrl(addresses.temporal, { workflowId, runId }),
      }),
    )
  } catch (error) {
    throw isOutOfReach(error) ? unreachable(addresses.temporal.address, error) : error
  } finally {
    await session.close()
  }
}

function unreachable(address: string, cause: unknown): CommandError {
  return new CommandError('TEMPORAL_UNREACHABLE', 'Temporal does not answer', {
    at: { address },
    remedy: 'See that it runs; the runs go on by themselves.',
    retryable: true,
    cause,
  })
}
