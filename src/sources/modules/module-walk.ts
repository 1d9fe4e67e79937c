import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type {
  FetchedPage,
  ModuleSourceDefinition,
  PageWalk,
  WalkRequest,
} from '../../../activities/index.ts'
import { resolveReferences, type Environment } from '../resolve-references.ts'
import { loadModule } from './load-module.ts'
import { decodeCursor, encodeCursor } from './module-cursor.ts'
import { moduleFailed, moduleInvalid, moduleThrew } from './module-error.ts'
import { readModulePage } from './read-module-page.ts'

/** A generator is given so long to clean up behind itself; one that hangs is left to itself. */
const closeTimeoutMs = 2_000

export interface ModuleWalkOptions {
  readonly request: Omit<WalkRequest, 'source'> & { readonly source: ModuleSourceDefinition }
  readonly environment: Environment
  readonly directories: readonly string[]
}

interface OpenGenerator {
  readonly generator: AsyncGenerator
  readonly closing: AbortController
  /** The cursor that its newest page has named. */
  named?: string | undefined
}

/** A walk through the pages of a module: of one generator as long as each page leads to the next. */
export class ModuleWalk implements PageWalk {
  readonly #options: ModuleWalkOptions
  #open: OpenGenerator | undefined

  constructor(options: ModuleWalkOptions) {
    this.#options = options
  }

  async page(cursor: string | undefined): Promise<FetchedPage> {
    const { request, environment } = this.#options
    const { source, maxBytes, signal } = request
    const { path } = source
    signal.throwIfAborted()
    const goesOn = cursor !== undefined && cursor === this.#open?.named
    const open = goesOn && this.#open !== undefined ? this.#open : await this.#begin(cursor)
    const answer = { module: path }
    // Behind a page that fails, no other page may be taken for it.
    open.named = undefined
    const step = await this.#step(open)
    if (step.done === true) {
      this.#open = undefined
      return { body: Buffer.alloc(0), nextLink: undefined, answer }
    }
    const { body, next } = this.#guarded(() => readModulePage(step.value, { path, maxBytes }))
    const nextLink = encodeCursor(next, source, environment)
    if (nextLink !== undefined) open.named = nextLink
    else if ((await this.#step(open)).done === true) this.#open = undefined
    else {
      throw moduleFailed(
        path,
        'goes on after a page without `next`',
        'Give `next` to each page but the last: what the generator can be called with to go on.',
      )
    }
    return { body, nextLink, answer }
  }

  async close(): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    open.closing.abort()
    await Promise.race([endOf(open), delay(closeTimeoutMs, undefined, { ref: false })])
  }

  async #begin(cursor: string | undefined): Promise<OpenGenerator> {
    await this.close()
    const { request, environment, directories } = this.#options
    const { source, slice, signal } = request
    const { path } = source
    const options = Object.fromEntries(
      Object.entries(source.options).map(([name, text]) => [
        name,
        resolveReferences(text, environment),
      ]),
    )
    const open = await untilAborted(loadModule(path, directories), signal)
    const closing = new AbortController()
    const generator = this.#guarded(() =>
      open({
        slice,
        cursor: cursor === undefined ? undefined : decodeCursor(cursor),
        options,
        signal: AbortSignal.any([signal, closing.signal]),
      }),
    )
    if (!isAsyncGenerator(generator)) {
      // Of an async function: what it comes to matters to nobody.
      Promise.resolve(generator).catch(() => undefined)
      throw moduleInvalid(path, 'has no async generator function as its default export')
    }
    this.#open = { generator, closing }
    return this.#open
  }

  async #step({ generator }: OpenGenerator): Promise<IteratorResult<unknown>> {
    const { source, signal } = this.#options.request
    try {
      return await untilAborted(generator.next(), signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      // One that has thrown has ended.
      this.#open = undefined
      throw moduleThrew(source.path, error)
    }
  }

  /** The module's own code runs in here too: getters, `toJSON`, a function that is no generator. */
  #guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (error instanceof PipelineError) throw error
      throw moduleThrew(this.#options.request.source.path, error)
    }
  }
}

/** What comes of it matters to nobody; one that is written by hand may throw at once. */
async function endOf({ generator }: OpenGenerator): Promise<void> {
  try {
    await generator.return(undefined)
  } catch {
    // It has ended all the same.
  }
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.asyncIterator in value &&
    ['next', 'return'].every((name) => typeof Reflect.get(value, name) === 'function')
  )
}

/** What is waited for, but not after the signal: a module may hang. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
    // Nobody else hears of its end.
    work.catch(() => undefined)
  }
}
