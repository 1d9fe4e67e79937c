import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerBody } from './answer-body.ts'
import type { RuleOf } from './fault-injector.ts'

/** A cut or a stall; beyond the end of a body it does nothing. */
type Interruption = RuleOf<'cut'> | RuleOf<'stall'>

export interface Sending {
  readonly response: ServerResponse
  readonly body: AnswerBody
  readonly interruption: Interruption | undefined
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal
  /** Told the size of each piece that was handed over. */
  readonly served: (bytes: number) => void
}

const FOREVER_MS = 2 ** 31 - 1

/**
 * Sends a body as fast as the client takes it, or breaks it off where the fault says so.
 * Throws where the client leaves before the end.
 */
export async function sendBody(sending: Sending): Promise<void> {
  const { response, body, interruption, gone, served } = sending
  frame(response, body, interruption)
  let sent = 0
  for await (const chunk of body.chunks) {
    let rest = chunk
    const before = interruption ? interruption.afterBytes - sent : -1
    sent += chunk.length
    if (interruption && before >= 0 && before < chunk.length) {
      // Sent by themselves, so that the client has the headers too when it comes to the break.
      response.flushHeaders()
      await write(response, chunk.subarray(0, before), gone)
      served(before)
      if (interruption.kind === 'cut') {
        response.socket?.destroy()
        return
      }
      await sleep(interruption.stallMs ?? FOREVER_MS, undefined, { signal: gone })
      rest = chunk.subarray(before)
    }
    await write(response, rest, gone)
    served(rest.length)
  }
  response.end()
}

function frame(response: ServerResponse, body: AnswerBody, interruption?: Interruption): void {
  const framing = interruption?.kind === 'cut' ? interruption.framing : 'length'
  response.setHeader('content-type', body.contentType)
  if (framing === 'length') response.setHeader('content-length', body.byteLength)
  else response.setHeader('connection', 'close')
  if (framing === 'close') response.useChunkedEncodingByDefault = false
}

/** Resolves when the piece has been handed to the operating system: this is the backpressure. */
async function write(response: ServerResponse, piece: Buffer, gone: AbortSignal): Promise<void> {
  gone.throwIfAborted()
  if (piece.length === 0) return
  await new Promise<void>((resolve, reject) => {
    const abort = () => reject(new Error('the client has gone'))
    gone.addEventListener('abort', abort, { once: true })
    response.write(piece, (error) => {
      gone.removeEventListener('abort', abort)
      if (error) reject(error)
      else resolve()
    })
  })
}
