import { stringify } from 'yaml'
import type { RunHistory } from '../client/history-size.ts'
import type { PendingActivity } from '../client/run-pending.ts'
import type { RunView } from '../client/show-run.ts'
import { withoutBody } from '../client/without-body.ts'
import { formatDuration } from '../format-duration.ts'
import { formatBytes } from '../format-number.ts'

interface Around {
  readonly histories: readonly RunHistory[]
  readonly temporal: string | undefined
  readonly now: Date
}

/** A run for a person to read: what they look for first stands first. */
export function describeRun(view: RunView, { histories, temporal, now }: Around): string {
  const { workflowId, type, state, startedAt, closedAt, progress, result } = view
  const { failure, workflowTask, pendingActivities = [] } = view
  const endedAt = closedAt === undefined ? now : new Date(closedAt)
  const bytes = histories.reduce((sum, history) => sum + history.bytes, 0)
  const shown = {
    run: workflowId,
    type,
    state,
    failure,
    // Nothing below moves while this is so.
    'workers cannot go on': workflowTask,
    started: startedAt,
    ended: closedAt,
    took: formatDuration((endedAt.getTime() - Date.parse(startedAt)) / 1000),
    progress,
    'under way': pendingActivities.length === 0 ? undefined : pendingActivities.map(activity),
    result: withoutBody(type, result),
    history: `${formatBytes(bytes)} in ${histories.length} ${histories.length === 1 ? 'run' : 'runs'}`,
    histories: histories.map(
      ({ runId, events, ...history }) =>
        `${runId}  ${events} events, ${formatBytes(history.bytes)}`,
    ),
    'Temporal UI': temporal,
  }
  return stringify(shown, { lineWidth: 0 })
}

function activity({ type, attempt, maximumAttempts, ...rest }: PendingActivity) {
  const { state, startedAt, heartbeatAt, nextAttemptAt, lastFailure } = rest
  return {
    activity: type,
    state,
    attempt: maximumAttempts === undefined ? attempt : `${attempt} of ${maximumAttempts}`,
    started: startedAt,
    heartbeat: heartbeatAt,
    'next attempt': nextAttemptAt,
    'last failure': lastFailure,
  }
}
