import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { shownContentType } from './check-page.ts'
import { refusedAnswer } from './refused-answer.ts'
import { retryAfterMs } from './retry-after.ts'

/** Tries in place, before the attempt as a whole fails and the workflow's backoff takes over. */
const triesInPlace = 4

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly close?: () => void
}

export interface TriesInPlace {
  /** Answers of these are taken; any other is an error. */
  readonly statuses: readonly number[]
  /** The wait before the second try; doubled before each one after. */
  readonly firstDelayMs: number
  readonly signal: AbortSignal
  /** The source's URL for messages. */
  readonly shown: string
}

/**
 * Asks until there is an answer that can be used: short trouble (a cut connection, 429, 5xx) is waited
 * out.
 *
 * @throws PipelineError what the last try failed with
 */
export async function tryInPlace<Answer extends Answered>(
  { statuses, firstDelayMs, signal, shown }: TriesInPlace,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await tryOnce(ask, statuses, shown)
    if (!('error' in outcome)) return outcome
    if (tries === triesInPlace || !outcome.error.retryable) throw outcome.error
    await delay(outcome.waitMs ?? firstDelayMs * 2 ** (tries - 1), undefined, { signal })
  }
}

interface FailedTry {
  readonly error: PipelineError
  readonly waitMs?: number | undefined
}

async function tryOnce<Answer extends Answered>(
  ask: () => Promise<Answer>,
  statuses: readonly number[],
  shown: string,
): Promise<Answer | FailedTry> {
  let answer: Answer
  try {
    answer = await ask()
  } catch (error) {
    if (error instanceof PipelineError) return { error }
    throw error
  }
  const { status, headers } = answer
  if (statuses.includes(status)) return answer
  answer.close?.()
  const error = refusedAnswer({
    who: 'the source',
    status,
    at: { url: shown, contentType: shownContentType(headers['content-type']) },
    remedy: {
      ifBusy: 'Wait until the source is well, or ask it for less at once.',
      else: 'Check the address, the query and the credentials in the pipeline file.',
    },
  })
  return { error, waitMs: retryAfterMs(headers['retry-after'], Date.now()) }
}
