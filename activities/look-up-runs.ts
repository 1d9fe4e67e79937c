import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { RunChain, RunEnd } from './load-starter.ts'

export interface LookUpRunsInput {
  readonly runs: readonly RunChain[]
}

export interface EndedRun {
  readonly firstRunId: string
  readonly end: RunEnd
}

/** How these workflows ended, of those that have. */
export async function lookUpRuns(
  { starter }: Pick<ActivityPorts, 'starter'>,
  { runs }: LookUpRunsInput,
  { signal }: Attempt,
): Promise<{ readonly ended: readonly EndedRun[] }> {
  const ended: EndedRun[] = []
  for (const run of runs) {
    signal.throwIfAborted()
    const end = await starter.runEnd(run)
    if (end !== undefined) ended.push({ firstRunId: run.firstRunId, end })
  }
  return { ended }
}
