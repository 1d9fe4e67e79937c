import { z } from 'zod'
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

function bodyMissing({ workflowId, type, state, failure }: RunView): RunError {
  const at = { run: workflowId }
  // Its blob is gone, or damaged, or the store is away.
  if (type === 'callEndpoint' && state === 'completed' && failure !== undefined) {
    const { code, message, remedy } = failure
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
