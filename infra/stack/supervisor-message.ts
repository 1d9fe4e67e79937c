import { z } from 'zod'

import { StackError } from '../stack-error.ts'

const codes = ['STACK_SERVER_FAILED', 'STACK_SERVER_MISSING', 'STACK_STOPPED'] as const

/** What a supervisor tells who started it, one line of JSON each on its standard output. */
export const supervisorMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), text: z.string() }),
  z.object({ kind: z.literal('ready') }),
  /** Another supervisor has the directory. */
  z.object({ kind: z.literal('busy') }),
  z.object({
    kind: z.literal('failed'),
    code: z.enum(codes),
    message: z.string(),
    remedy: z.string(),
    at: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
])

export type SupervisorMessage = z.infer<typeof supervisorMessage>
type FailedMessage = Extract<SupervisorMessage, { kind: 'failed' }>

export function toFailedMessage(error: unknown, logFile: string): FailedMessage {
  if (!(error instanceof StackError)) {
    const text = error instanceof Error ? error.message : String(error)
    return {
      kind: 'failed',
      code: 'STACK_SERVER_FAILED',
      message: `the stack could not be started: ${text}`,
      remedy: `Read ${logFile}.`,
      at: { log: logFile },
    }
  }
  const code = codes.find((known) => known === error.code) ?? 'STACK_SERVER_FAILED'
  const { remedy, at } = error
  // The place stands at the end of the message, and is added again on the other side.
  const end = Object.keys(at).length === 0 ? undefined : error.message.lastIndexOf(' [')
  return { kind: 'failed', code, message: error.message.slice(0, end), remedy, at: { ...at } }
}

export function fromFailedMessage({ code, message, remedy, at }: FailedMessage): StackError {
  return new StackError(code, message, { remedy, at })
}
