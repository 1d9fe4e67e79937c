import { html } from 'hono/html'
import type { RunHistory } from '../../client/history-size.ts'
import type { ShownRun } from '../api/shown-run.ts'
import type { Html } from './page.ts'
import { shownProblem, shownState, shownTable, shownTime } from './shown.ts'

type Activity = NonNullable<ShownRun['pendingActivities']>[number]

/** Of hundreds that are under way at once. */
const mostActivities = 50

/** Why no worker can go on with a run. */
export function shownTrouble(task: NonNullable<ShownRun['workflowTask']>): Html {
  return html`<p class="alert">
    The run stands still: workers have tried ${task.attempt} times to go on with it.
    ${shownProblem(task)}
  </p>`
}

/** What is under way in a run, or waits to be tried again and why. */
export function shownPending(activities: readonly Activity[]): Html {
  if (activities.length === 0) return html``
  return html`<h2>Under way</h2>
    ${shownTable({
      caption: 'Steps that are under way',
      header: ['Step', 'State', 'Attempt', 'Began', 'Next attempt', 'The attempt before'],
      rows: activities
        .slice(0, mostActivities)
        .map(({ type, state, attempt, maximumAttempts, startedAt, nextAttemptAt, lastFailure }) => [
          type,
          shownState(state),
          maximumAttempts === undefined ? `${attempt}` : `${attempt} of ${maximumAttempts}`,
          shownTime(startedAt),
          shownTime(nextAttemptAt),
          lastFailure === undefined ? '' : shownProblem(lastFailure),
        ]),
      nothing: '',
    })}
    ${
      activities.length <= mostActivities
        ? ''
        : html`<p class="nothing">The first ${mostActivities} of ${activities.length}.</p>`
    }`
}

export function shownHistories(histories: readonly RunHistory[]): Html {
  return shownTable({
    caption: 'Histories of the chain of runs',
    header: ['Run of the chain', 'Events', 'Size'],
    rows: histories.map(({ runId, events, bytes }) => [
      html`<code>${runId}</code>`,
      events,
      { bytes },
    ]),
    nothing: 'None is kept any more.',
  })
}
