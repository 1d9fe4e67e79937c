import { z } from 'zod'
import { CodedError } from '../../../codec/index.ts'
import { RunError } from '../../client/run-error.ts'
import type { RunView } from '../../client/show-run.ts'

const resultSchema = z.object({
  contentType: z.string().optional(),
  encoding: z.enum(['text', 'base64']),
  body: z.string(),
})

/**
 * The body that a call was answered.
 *
 * @throws RunError RUN_WITHOUT_BODY where the run is none, or has no answer, or that cannot be read
 * @throws AnswerAway as whatever has it does not answer
 */
export function callBody(run: RunView): Response {
  const { data: answer } = resultSchema.safeParse(run.result)
  if (run.type !== 'callEndpoint' || answer === undefined) throw bodyMissing(run)
  const body = Buffer.from(answer.body, answer.encoding === 'text' ? 'utf8' : 'base64')
  return new Response(new Uint8Array(body), {
    headers: {
      // Whatever the service says that it is: a browser must not run it as a page of this server.
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      ...(answer.contentType === undefined ? {} : { 'x-answer-content-type': answer.contentType }),
    },
  })
}

/** The store or Temporal is away: asked again later, the answer is there. */
class AnswerAway extends CodedError {}

function bodyMissing({ workflowId, type, state, failure }: RunView): CodedError {
  const at = { run: workflowId }
  if (type === 'callEndpoint' && state === 'completed' && failure !== undefined) {
    const { code, message, remedy } = failure
    if (code.endsWith('_UNREACHABLE')) {
      return new AnswerAway(code, message, { at, remedy, retryable: true })
    }
    // Its blob is gone, or damaged.
    return new RunError('RUN_WITHOUT_BODY', `The answer cannot be read: ${code}: ${message}`, {
      at,
      remedy,
    })
  }
  return new RunError('RUN_WITHOUT_BODY', 'The run is no call that has completed', {
    at,
    remedy: 'Ask for the run itself: it says how it stands.',
  })
}
