import { html } from 'hono/html'
import type { RunHistory } from '../../client/history-size.ts'
import type { ShownRun } from '../api/shown-run.ts'
import type { Html } from './page.ts'
import { shownBytes, shownState, shownTable, shownTime } from './shown.ts'

type Activity = NonNullable<ShownRun['pendingActivities']>[number]

/** Of hundreds that are under way at once. */
const mostActivities = 50

/** Why no worker can go on with a run. */
export function shownTrouble(task: NonNullable<ShownRun['workflowTask']>): Html {
  return html`<p class="alert">
    The run stands still: workers have tried ${task.attempt} times to go on with it.
    <code>${task.code}</code> ${task.message}<br />${task.remedy}
  </p>`
}

/** What is under way in a run, or waits to be tried again and why. */
export function shownPending(activities: readonly Activity[]): Html {
  if (activities.length === 0) return html``
  return html`<h2>Under way</h2>
    ${shownTable(
      'Steps that are under way',
      ['Step', 'State', 'Attempt', 'Began', 'Next attempt', 'The attempt before'],
      activities
        .slice(0, mostActivities)
        .map(({ type, state, attempt, maximumAttempts, startedAt, nextAttemptAt, lastFailure }) => [
          type,
          shownState(state),
          maximumAttempts === undefined ? `${attempt}` : `${attempt} of ${maximumAttempts}`,
          shownTime(startedAt),
          shownTime(nextAttemptAt),
          lastFailure === undefined
            ? ''
            : html`<code>${lastFailure.code}</code> ${lastFailure.message}<br />${
                  lastFailure.remedy
                }`,
        ]),
      '',
    )}
    ${
      activities.length <= mostActivities
        ? ''
        : html`<p class="nothing">The first ${mostActivities} of ${activities.length}.</p>`
    }`
}

export function shownHistories(histories: readonly RunHistory[]): Html {
  return shownTable(
    'Histories of the chain of runs',
    ['Run of the chain', 'Events', 'Size'],
    histories.map(({ runId, events, bytes }) => [
      html`<code>${runId}</code>`,
      events,
      shownBytes(bytes),
    ]),
    'None is kept any more.',
  )
}
