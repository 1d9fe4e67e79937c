import { z } from 'zod'
import type { RunView } from '../../client/show-run.ts'

const resultSchema = z.object({
  contentType: z.string().optional(),
  encoding: z.enum(['text', 'base64']),
  body: z.string(),
})

/** The body that a call was answered; undefined where the run is none, or has no answer. */
export function callBody({ type, result }: RunView): Response | undefined {
  if (type !== 'callEndpoint') return undefined
  const { data: answer } = resultSchema.safeParse(result)
  if (answer === undefined) return undefined
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
