import { toShownError } from './answer-error.ts'
import { ApiError } from './api-error.ts'

/** More would keep workers busy answering. */
const maxStreams = 64
const heartbeatMs = 15_000

export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

interface Sending {
  readonly events: AsyncIterable<ServerEvent>
  /** Waits until what was sent is read, or nobody listens any more. */
  readonly room: () => Promise<void>
  readonly signal: AbortSignal
}

/** The streams of server-sent events that are open; there is a bound, and all end with the server. */
export class EventStreams {
  readonly #signal: AbortSignal
  readonly #maxStreams: number
  readonly #heartbeatMs: number
  #open = 0

  /** @param signal Ends every stream. */
  constructor(
    signal: AbortSignal,
    options: { readonly maxStreams?: number; readonly heartbeatMs?: number } = {},
  ) {
    this.#signal = signal
    this.#maxStreams = options.maxStreams ?? maxStreams
    this.#heartbeatMs = options.heartbeatMs ?? heartbeatMs
  }

  get open(): number {
    return this.#open
  }

  /**
   * Streams what `events` yields until it ends, the client goes or the server stops.
   *
   * @param events Is given a signal that says when nobody listens any more.
   * @throws ApiError STREAMS_BUSY
   */
  stream(events: (signal: AbortSignal) => AsyncIterable<ServerEvent>): Response {
    if (this.#open >= this.#maxStreams) {
      throw new ApiError(
        'STREAMS_BUSY',
        `There are ${this.#maxStreams} streams of events already`,
        {
          remedy: 'Ask for the run itself now and then, or try again later.',
          retryable: true,
        },
      )
    }
    this.#open += 1
    const gone = new AbortController()
    const signal = AbortSignal.any([gone.signal, this.#signal])
    let wake: () => void = () => undefined
    signal.addEventListener('abort', () => wake(), { once: true })
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const room = async (): Promise<void> => {
          while (!signal.aborted && !hasRoom(controller)) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
        }
        void this.#send(controller, { events: events(signal), room, signal })
      },
      pull: () => wake(),
      cancel: () => gone.abort(),
    })
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        // A proxy must not gather what is meant to be seen at once.
        'x-accel-buffering': 'no',
      },
    })
  }

  async #send(
    controller: ReadableStreamDefaultController<Uint8Array>,
    { events, room, signal }: Sending,
  ): Promise<void> {
    const encoder = new TextEncoder()
    const write = (text: string): void => {
      if (!signal.aborted) controller.enqueue(encoder.encode(text))
    }
    const beat = setInterval(() => {
      if (hasRoom(controller)) write(': still here\n\n')
    }, this.#heartbeatMs)
    write(': the run as it is, and then each change\nretry: 2000\n\n')
    try {
      let id = 0
      for await (const { event, data } of events) {
        id += 1
        write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
        // For one who reads slowly nothing is gathered: it hears how things are when it reads on.
        await room()
      }
    } catch (error) {
      const { code, message, remedy } = toShownError(error)
      write(`event: error\ndata: ${JSON.stringify({ code, message, remedy })}\n\n`)
    } finally {
      clearInterval(beat)
      this.#open -= 1
      try {
        controller.close()
      } catch {
        // The client has gone, and the stream with it.
      }
    }
  }
}

function hasRoom({ desiredSize }: ReadableStreamDefaultController<Uint8Array>): boolean {
  return (desiredSize ?? 0) > 0
}
