import { isUtf8 } from 'node:buffer'
import { PipelineError } from '../../activities/pipeline-error.ts'
import type { TextFormat } from '../../activities/index.ts'
import { bodyBeginning } from './body-beginning.ts'
import type { DecodedAnswer } from './decode-body.ts'

/** What a page of a text format begins with, as far as its first characters tell. */
const beginnings: Readonly<Record<TextFormat, readonly string[]>> = {
  json: ['a JSON object', 'a JSON array'],
  ndjson: ['a JSON object', 'nothing'],
  csv: ['a JSON object', 'a JSON array', 'text'],
}

/**
 * Refuses what comes with status 200 and is no page, so that it says how it came. Whether it is a
 * whole page is for its reader to find out.
 *
 * @throws PipelineError SOURCE_MALFORMED. Its message holds nothing of the body.
 */
export function checkPage(answer: DecodedAnswer, format: TextFormat, shown: string): void {
  const { headers, body, isProven } = answer
  const contentType = headers['content-type'] ?? ''
  const refuse = (what: string, remedy: string, retryable: boolean) => {
    const at = { url: shown, contentType: shownContentType(contentType) }
    throw new PipelineError('SOURCE_MALFORMED', `the source answers 200 with ${what}`, {
      at,
      remedy,
      retryable,
    })
  }
  const charset = /;\s*charset="?([\w-]{1,40})/i.exec(contentType)?.[1] ?? 'utf-8'
  if (!/^(utf-?8|us-ascii)$/i.test(charset) && (/^(utf|ucs)/i.test(charset) || !isUtf8(body))) {
    refuse(`a page in ${charset}`, 'Ask the source for UTF-8.', false)
  }
  const beginning = bodyBeginning(body)
  // A gateway's empty answer is not an empty list: who has no rows has to say of what.
  const isEmptyList = beginning === 'nothing' && /ndjson|jsonl|json-lines/i.test(contentType)
  if (!beginnings[format].includes(beginning) || (beginning === 'nothing' && !isEmptyList)) {
    refuse(
      `what is no ${format} page: it ${beginning === 'nothing' ? 'is empty' : `begins like ${beginning}`}`,
      'Look at what the source serves there; `source.format` says what it should be.',
      true,
    )
  }
  if (!isProven && format !== 'json') {
    refuse(
      `a ${format} page of which nothing tells the length`,
      'Have it send Content-Length, chunks or gzip: a page that was cut off would pass for a whole one.',
      false,
    )
  }
}

/** A header may hold anything; one that looks like no media type is not repeated. */
export function shownContentType(contentType: string | undefined): string {
  if (contentType === undefined || contentType === '') return 'none'
  return /^[\w.+-]+\/[\w.+-]+/.exec(contentType)?.[0].slice(0, 80) ?? 'unusual'
}
