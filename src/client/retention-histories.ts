import type { Client } from '@temporalio/client'
import type { ExistingRun, RawHolder, RetentionHistories } from '../../activities/index.ts'
import { ordered } from '../../codec/ordered.ts'
import { askUntilAborted } from './ask-until-aborted.ts'
import { pagesOf, type Page } from './pages-of.ts'
import {
  historyEvents,
  isNotFound,
  isUnimplemented,
  listExecutions,
  type RawExecution,
} from './raw-histories.ts'
import { RunError } from './run-error.ts'
import { orGone, scheduleHolders, schedulerType } from './schedule-holders.ts'
import { timeOf } from './time-of.ts'

const perPage = 200
const askedAtOnce = 8

/** What a server knows of who holds payloads, over the connection of a client. Nothing is decoded. */
export function createRetentionHistories(client: Client): RetentionHistories {
  const { namespace } = client.options
  const { workflowService } = client
  const within = <T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> =>
    askUntilAborted(client.connection, signal, ask)
  const describe = (signal: AbortSignal, workflowId: string, runId: string) =>
    within(signal, () =>
      workflowService.describeWorkflowExecution({ namespace, execution: { workflowId, runId } }),
    )
  return {
    namespace,
    async namespaceId({ signal }) {
      const { namespaceInfo } = await within(signal, () =>
        workflowService.describeNamespace({ namespace }),
      )
      if (namespaceInfo?.id) return namespaceInfo.id
      throw new RunError('LISTING_CUT_SHORT', 'the namespace does not say which one it is', {
        at: { namespace },
        remedy: 'Look at what stands between here and the server: it has left that out.',
      })
    },
    async retentionMs({ signal }) {
      const { config } = await within(signal, () =>
        workflowService.describeNamespace({ namespace }),
      )
      const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0)
      if (seconds > 0) return seconds * 1000
      throw new RunError('LISTING_CUT_SHORT', 'the namespace does not say how long it keeps runs', {
        at: { namespace },
        remedy: 'Set a retention for the namespace: `temporal operator namespace update`.',
      })
    },
    async *runs({ signal, workflowId }) {
      for await (const found of listExecutions(client, runsQuery(workflowId), signal)) {
        // What stands alone has no type: `holders` tells of it.
        if (!found.type?.name) continue
        // Of the server's own workflows only the latest run goes on with what it has; schedules are holders.
        if (found.closeTime && found.type.name.startsWith('temporal-sys-')) continue
        if (found.type.name === schedulerType) continue
        if (workflowId === undefined || found.execution?.workflowId === workflowId)
          yield toRun(found)
      }
    },
    async findRun({ workflowId, runId, signal }) {
      try {
        const { workflowExecutionInfo } = await describe(signal, workflowId, runId)
        return workflowExecutionInfo ? toRun(workflowExecutionInfo) : undefined
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    events: ({ signal, pageSize = 0, ...run }) => historyEvents(client, run, signal, { pageSize }),
    async pending({ workflowId, runId, signal }) {
      try {
        return await describe(signal, workflowId, runId)
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    async *holders({ signal }) {
      yield* scheduleHolders(client, signal)
      yield* standaloneOf(client, signal)
    },
  }
}

/** Activities and Nexus operations that no workflow has started. */
async function* standaloneOf(client: Client, signal: AbortSignal): AsyncGenerator<RawHolder, void> {
  const { namespace } = client.options
  const { workflowService: service } = client
  const whole = { includeInput: true, includeOutcome: true }
  const activities = pagesOf(client, signal, 'activities', (nextPageToken) =>
    orNone(async () => {
      const answer = await service.listActivityExecutions({
        namespace,
        pageSize: perPage,
        nextPageToken,
      })
      return { entries: answer.executions ?? [], next: answer.nextPageToken }
    }),
  )
  yield* described(activities, async ({ activityId, runId }) => {
    const asked = { namespace, ...whole, activityId: activityId ?? '', runId: runId ?? '' }
    const message = await orGone(client, signal, () => service.describeActivityExecution(asked))
    return { name: `activity ${activityId}`, message }
  })
  const operations = pagesOf(client, signal, 'operations', (nextPageToken) =>
    orNone(async () => {
      const answer = await service.listNexusOperationExecutions({
        namespace,
        pageSize: perPage,
        nextPageToken,
      })
      return { entries: answer.operations ?? [], next: answer.nextPageToken }
    }),
  )
  yield* described(operations, async ({ operationId, runId }) => {
    const asked = { namespace, ...whole, operationId: operationId ?? '', runId: runId ?? '' }
    const message = await orGone(client, signal, () =>
      service.describeNexusOperationExecution(asked),
    )
    return { name: `operation ${operationId}`, message }
  })
}

/** What is there still, in the order of the listing. */
async function* described<Entry>(
  listed: AsyncIterable<Entry>,
  describe: (entry: Entry) => Promise<RawHolder>,
): AsyncGenerator<RawHolder, void> {
  for await (const holder of ordered(listed, askedAtOnce, describe)) {
    if (holder.message !== undefined) yield holder
  }
}

/** A server that does not know of such a thing has none. */
async function orNone<Entry>(ask: () => Promise<Page<Entry>>): Promise<Page<Entry>> {
  try {
    return await ask()
  } catch (error) {
    if (isUnimplemented(error)) return { entries: [], next: undefined }
    throw error
  }
}

function toRun({ execution, startTime, closeTime }: RawExecution): ExistingRun {
  const closedAt = timeOf(closeTime)
  return {
    workflowId: execution?.workflowId ?? '',
    runId: execution?.runId ?? '',
    startedAt: new Date(timeOf(startTime) ?? 0),
    ...(closedAt === undefined ? {} : { closedAt: new Date(closedAt) }),
  }
}

/** Those that say which division they are of are listed to nobody who does not ask for divisions. */
const everyDivision = '(TemporalNamespaceDivision IS NULL OR TemporalNamespaceDivision IS NOT NULL)'

/** All runs that may be of that id: the server's language has no way to write some characters. */
function runsQuery(workflowId: string | undefined): string {
  if (workflowId === undefined || /['"\\\p{Cc}]/u.test(workflowId)) return everyDivision
  return `WorkflowId = '${workflowId}' AND ${everyDivision}`
}
