import type { Client } from '@temporalio/client'
import { describeWorkflow } from '../../client/find-run.ts'
import { runState } from '../../client/run-types.ts'
import { ordered } from '../../../codec/ordered.ts'
import type { PartitionState } from '../../targets/postgres/partition-states.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { known } from './known.ts'

/** How a partition stands by the catalog and, where a run has not told how it ended, by Temporal. */
export type SettledState = Omit<PartitionState, 'state'> & { readonly state: string }

const asksAtOnce = 8

/** As many as may be under way at once; of more the catalog's word is taken. */
const mostAsked = 200

/**
 * A run that was terminated, or whose database was away when it gave up, stays `running` in the catalog for
 * ever: Temporal knows better. While that is away, the catalog's word stands.
 */
export async function settledStates(
  states: readonly PartitionState[],
  connect: () => Promise<Client>,
): Promise<readonly SettledState[]> {
  const ids = new Set(
    states.flatMap(({ state, workflowId }) =>
      state === 'running' && workflowId !== null ? [workflowId] : [],
    ),
  )
  if (ids.size === 0) return states
  const asked = await known(async () => endsOf([...ids].slice(0, mostAsked), await connect()))
  if (asked.kind === 'unknown') return states
  return states.map((one) => {
    const { state, workflowId } = one
    const ended = workflowId === null ? undefined : asked.value.get(workflowId)
    return state === 'running' && ended !== undefined ? { ...one, state: ended } : one
  })
}

/** The ids whose latest run is not under way, and how that ended; `forgotten` where Temporal has it no more. */
async function endsOf(
  workflowIds: readonly string[],
  client: Client,
): Promise<ReadonlyMap<string, string>> {
  const looked = await askTemporal(client, () =>
    Array.fromAsync(
      ordered(workflowIds, asksAtOnce, async (workflowId) => {
        const found = await describeWorkflow(client, workflowId)
        if (found === undefined) return [workflowId, 'forgotten'] as const
        const isOpen = found.closeTime === undefined
        return [workflowId, isOpen ? undefined : runState(found.status.code)] as const
      }),
    ),
  )
  return new Map(looked.flatMap(([id, end]) => (end === undefined ? [] : [[id, end] as const])))
}
