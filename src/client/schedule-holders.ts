import type { Client } from '@temporalio/client'
import proto, { type temporal } from '@temporalio/proto'
import type { RawHolder } from '../../activities/index.ts'
import { ordered } from '../../codec/ordered.ts'
import { askUntilAborted } from './ask-until-aborted.ts'
import { pagesOf } from './pages-of.ts'
import { historyEvents, isNotFound } from './raw-histories.ts'
import { timeOf, type Timestamp } from './time-of.ts'

type Description = temporal.api.workflowservice.v1.IDescribeScheduleResponse

const { ScheduleOverlapPolicy, WorkflowExecutionStatus } = proto.temporal.api.enums.v1
const schedulesPerPage = 200
/** Each with the history of its own workflow in memory. */
const readAtOnce = 4
/** The workflow by which the server runs a schedule, where it does so by a workflow. */
export const schedulerType = 'temporal-sys-scheduler-workflow'
const schedulerId = (scheduleId: string): string => `temporal-sys-scheduler:${scheduleId}`

/**
 * What schedules hold. Beside what it is told to start a schedule holds what its last run has returned, and
 * hands that to the next one, however long the last one is gone. The server tells nobody; it stands in the
 * history of the schedule's own workflow, and where there is none, `hidesSince` says what it may be of.
 */
export async function* scheduleHolders(
  client: Client,
  signal: AbortSignal,
): AsyncGenerator<RawHolder, void> {
  const { namespace } = client.options
  const { workflowService: service } = client
  const listed = pagesOf(client, signal, 'schedules', async (nextPageToken) => {
    const answer = await service.listSchedules({
      namespace,
      maximumPageSize: schedulesPerPage,
      nextPageToken,
    })
    return { entries: answer.schedules ?? [], next: answer.nextPageToken }
  })
  const held = ordered(listed, readAtOnce, ({ scheduleId }) =>
    heldBySchedule(client, signal, scheduleId ?? ''),
  )
  for await (const holders of held) yield* holders
}

async function heldBySchedule(
  client: Client,
  signal: AbortSignal,
  id: string,
): Promise<readonly RawHolder[]> {
  const { namespace } = client.options
  const message = await orGone(client, signal, () =>
    client.workflowService.describeSchedule({ namespace, scheduleId: id }),
  )
  if (message === undefined) return []
  const name = `schedule ${id}`
  const workflowId = schedulerId(id)
  const scheduler = await describeRun(client, signal, { workflowId })
  if (scheduler?.type?.name === schedulerType) {
    const run = { workflowId, runId: scheduler.execution?.runId ?? '' }
    const events = await Array.fromAsync(historyEvents(client, run, signal))
    return [message, ...events].map((each) => ({ name, message: each }))
  }
  const hidesSince = await resultsSince(client, signal, message)
  return [
    { name, message },
    ...(hidesSince === undefined ? [] : [{ name, message: {}, hidesSince }]),
  ]
}

/** Since when the result that the schedule keeps was made; undefined where a history has it. */
async function resultsSince(
  client: Client,
  signal: AbortSignal,
  { info, schedule }: Description,
): Promise<Date | undefined> {
  const at = (action: { readonly actualTime?: Timestamp }): number =>
    new Date(timeOf(action.actualTime) ?? 0).getTime()
  const actions = (info?.recentActions ?? []).toSorted((one, other) => at(one) - at(other))
  if (actions.length === 0 && Number(info?.actionCount ?? 0) === 0) return undefined
  const created = new Date(timeOf(info?.createTime) ?? 0)
  if (schedule?.policies?.overlapPolicy === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL)
    return created
  // A run begins with the result that was kept by then; it is its own that is kept next.
  const { workflowId, runId } = actions.at(-1)?.startWorkflowResult ?? {}
  const execution = { workflowId: workflowId ?? '', runId: runId ?? '' }
  if (execution.workflowId !== '' && (await describeRun(client, signal, execution)))
    return undefined
  const completed = actions.findLast(
    ({ startWorkflowStatus: status }) =>
      status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
  )
  return completed === undefined ? created : new Date(at(completed))
}

async function describeRun(
  client: Client,
  signal: AbortSignal,
  execution: { readonly workflowId: string; readonly runId?: string },
) {
  const { namespace } = client.options
  const found = await orGone(client, signal, () =>
    client.workflowService.describeWorkflowExecution({ namespace, execution }),
  )
  return found?.workflowExecutionInfo ?? undefined
}

/** What the server answers; undefined where what was asked for is gone. */
export async function orGone<T>(
  client: Client,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await askUntilAborted(client.connection, signal, ask)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
