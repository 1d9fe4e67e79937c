import type { Client } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { grpcCode } from './grpc-code.ts'
import { pagesOf } from './pages-of.ts'
import { RunError } from './run-error.ts'

export type RawExecution = temporal.api.workflow.v1.IWorkflowExecutionInfo
export type RawEvent = temporal.api.history.v1.IHistoryEvent

/** One run of a workflow. */
export interface Execution {
  readonly workflowId: string
  readonly runId: string
}

const executionsPerPage = 1_000
/** Of gRPC. */
const codes = { notFound: 5, unimplemented: 12 }

/**
 * The runs that a visibility query matches, as the server has them: nothing is decoded. Visibility is
 * some moments late: who must not miss a run asks again.
 *
 * @throws RunError LISTING_CUT_SHORT
 */
export async function* listExecutions(
  client: Client,
  query: string,
  signal: AbortSignal,
): AsyncGenerator<RawExecution, void> {
  const { namespace } = client.options
  const pages = pagesOf(client, signal, 'runs', async (nextPageToken) => {
    const { executions, nextPageToken: next } = await client.workflowService.listWorkflowExecutions(
      { namespace, query, pageSize: executionsPerPage, nextPageToken },
    )
    return { entries: executions ?? [], next }
  })
  for await (const execution of pages) {
    if (!execution.execution?.workflowId || !execution.execution.runId || !execution.startTime) {
      throw cutShort('a run without id or start')
    }
    yield execution
  }
}

/**
 * The events of a run's history from the first on, as the server has them: nothing is decoded. Nothing
 * comes of a run that the server does not have.
 *
 * @param options.pageSize Events asked for at once: whoever stops early has asked for no more. @default as the server likes
 * @throws RunError LISTING_CUT_SHORT where an event is missing between others, or the first one
 */
export async function* historyEvents(
  client: Client,
  { workflowId, runId }: Execution,
  signal: AbortSignal,
  { pageSize = 0 }: { readonly pageSize?: number } = {},
): AsyncGenerator<RawEvent, void> {
  const { namespace } = client.options
  const pages = pagesOf(client, signal, 'a history', async (nextPageToken) => {
    const { history, nextPageToken: next } =
      await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId, runId },
        maximumPageSize: pageSize,
        nextPageToken,
        skipArchival: true,
      })
    return { entries: history?.events ?? [], next }
  })
  try {
    yield* withoutGaps(pages)
  } catch (error) {
    // Gone meanwhile. Of one whose beginning was read, the rest is gone with it.
    if (!isNotFound(error)) throw error
  }
}

/** The events, as long as none is missing. @throws RunError LISTING_CUT_SHORT */
export async function* withoutGaps(
  events: AsyncIterable<RawEvent>,
): AsyncGenerator<RawEvent, void> {
  let expected = 1
  for await (const event of events) {
    if (Number(event.eventId) !== expected) throw cutShort(`no event ${expected}`)
    expected += 1
    yield event
  }
  if (expected === 1) throw cutShort('a history without events')
}

/** Whether the server has answered that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return grpcCode(error) === codes.notFound
}

/** Whether the server does not know what it was asked for: it is older than that. */
export function isUnimplemented(error: unknown): boolean {
  return grpcCode(error) === codes.unimplemented
}

function cutShort(what: string): RunError {
  return new RunError('LISTING_CUT_SHORT', `Temporal's answer is not whole: ${what}`, {
    remedy: 'Do not go by it; try again, and look in the log of the server if it comes back.',
    retryable: true,
  })
}
