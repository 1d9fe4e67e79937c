import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { showRun, type RunView } from '../../client/show-run.ts'
import { toShownError } from './answer-error.ts'
import { askTemporal } from './ask-temporal.ts'
import type { ServerEvent } from './event-streams.ts'
import { shownRun } from './shown-run.ts'

const pollIntervalMs = 500

/**
 * A run as it is, then each change (`progress`), and in the end how it ended (`end`). Whoever comes back
 * begins with how it is then: what was missed is in the totals.
 */
export async function* runEvents(
  client: Client,
  workflowId: string,
  first: RunView,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let last = ''
  for (let view = first; !signal.aborted;) {
    const data = shownRun(view)
    if (view.closedAt !== undefined) {
      yield { event: 'end', data }
      return
    }
    // A history grows with each look of a worker; that alone is no news.
    const { state, progress, pendingActivities = [], workflowTask } = data
    const failing = pendingActivities
      .filter(({ lastFailure }) => lastFailure !== undefined)
      .map(({ type, attempt, lastFailure }) => [type, attempt, lastFailure?.code])
    const news = JSON.stringify([state, progress, failing, workflowTask?.code])
    const hasWord = progress !== undefined || workflowTask !== undefined
    if (news !== last && (hasWord || last === '')) {
      last = news
      yield { event: 'progress', data }
    }
    await delay(pollIntervalMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    try {
      view = await askTemporal(client, () => showRun(client, workflowId))
    } catch (error) {
      // Temporal is away for a while: the next look tells more.
      if (!toShownError(error).retryable) throw error
    }
  }
}
