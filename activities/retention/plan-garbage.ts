import type { GarbageFinding, GarbageRequest, GarbageSource } from './garbage.ts'
import { undecided } from './undecided.ts'

/**
 * What may be deleted and what stays, source after source. Where it ends in an error, nothing that it has
 * yielded may be deleted.
 *
 * @throws PipelineError GARBAGE_UNDECIDED
 */
export async function* planGarbage(
  sources: readonly GarbageSource[],
  request: GarbageRequest,
): AsyncGenerator<GarbageFinding, void> {
  for (const source of sources) {
    try {
      yield* source(request)
    } catch (error) {
      request.signal.throwIfAborted()
      throw undecided('It cannot be told what is garbage', error)
    }
  }
}
