import {
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client'
import { findRun, firstRunId } from './find-run.ts'
import { mayHaveItems } from './may-have-items.ts'
import { RunError } from './run-error.ts'
import { hasConcurrency, isPausable, runState, type RunState } from './run-types.ts'

export const RUN_CONTROLS = ['pause', 'resume', 'cancel'] as const

export type RunControl = (typeof RUN_CONTROLS)[number]

/** How much a run has under way at once, each from 1 to 64; what is left out stays as it is. */
export interface Concurrency {
  readonly batchesInFlight?: number | undefined
  /** Of a backfill, partitions. */
  readonly itemsInFlight?: number | undefined
}

/** The chain that was told. */
export interface ToldRun {
  readonly workflowId: string
  /** The first run of the chain. */
  readonly runId: string
}

/**
 * Pauses a run at its next boundary, lets it go on, or cancels it: asked of the chain that runs now, and
 * done when the run comes to it. Answers which chain was asked.
 *
 * @throws RunError RUN_NOT_FOUND, RUN_ENDED, RUN_NOT_PAUSABLE
 */
export function controlRun(
  client: Client,
  workflowId: string,
  control: RunControl,
): Promise<ToldRun> {
  return tellRun(client, workflowId, {
    what: control,
    check({ type }) {
      if (control === 'cancel' || isPausable(type)) return
      throw new RunError('RUN_NOT_PAUSABLE', `A run of ${type} cannot be paused`, {
        at: { run: workflowId },
        remedy: 'Pause the run that it belongs to, or cancel it.',
      })
    },
    tell: (handle) => (control === 'cancel' ? handle.cancel() : handle.signal(control)),
  })
}

/**
 * Changes how much a run has under way at once; what has begun goes on. What the run has nothing of is
 * refused, and with it the whole.
 *
 * @throws RunError RUN_NOT_FOUND, RUN_ENDED, RUN_WITHOUT_CONCURRENCY
 */
export function setConcurrency(
  client: Client,
  workflowId: string,
  concurrency: Concurrency,
): Promise<ToldRun> {
  return tellRun(client, workflowId, {
    what: 'change',
    async check(description) {
      const problem = await unheeded(client, description, concurrency)
      if (problem === undefined) return
      const [message, remedy] = problem
      throw new RunError('RUN_WITHOUT_CONCURRENCY', message, { at: { run: workflowId }, remedy })
    },
    tell: (handle) => handle.signal('setConcurrency', concurrency),
  })
}

/** Why the run would not do all of what is asked, and what to ask instead; undefined where it would. */
async function unheeded(
  client: Client,
  description: WorkflowExecutionDescription,
  { batchesInFlight, itemsInFlight }: Concurrency,
): Promise<readonly [message: string, remedy: string] | undefined> {
  const { type } = description
  if (!hasConcurrency(type)) {
    return [
      `How much a run of ${type} has under way at once cannot be changed`,
      'Ask it of a load, of one that belongs to a graph, say, or of a backfill.',
    ]
  }
  if (type === 'backfill') {
    if (batchesInFlight === undefined) return undefined
    return [
      'A backfill has partitions under way, and no batches',
      'Ask it for partitions (`--items`, `itemsInFlight`), and its loads for batches.',
    ]
  }
  if (itemsInFlight === undefined || (await mayHaveItems(client, description))) return undefined
  return [
    'The load has no items under way: only files and ranges of a database are such',
    'Ask it for batches (`--batches`, `batchesInFlight`).',
  ]
}

interface Telling {
  /** For the message where it is too late. */
  readonly what: string
  /** @throws RunError where that run does not understand it */
  readonly check: (description: WorkflowExecutionDescription) => void | Promise<void>
  readonly tell: (handle: WorkflowHandle) => Promise<unknown>
}

async function tellRun(
  client: Client,
  workflowId: string,
  { what, check, tell }: Telling,
): Promise<ToldRun> {
  const description = await findRun(client, workflowId)
  const state = runState(description.status.code)
  if (description.closeTime !== undefined) throw runEnded(workflowId, what, state)
  await check(description)
  const runId = firstRunId(description)
  const handle = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: runId })
  try {
    await tell(handle)
  } catch (error) {
    // It ended between the two questions.
    if (error instanceof WorkflowNotFoundError) throw runEnded(workflowId, what, 'completed')
    throw error
  }
  return { workflowId, runId }
}

function runEnded(workflowId: string, what: string, state: RunState): RunError {
  return new RunError('RUN_ENDED', `The run has ended (${state}): it is too late to ${what} it`, {
    at: { run: workflowId },
    remedy: 'Start it again, if it is wanted again.',
  })
}
