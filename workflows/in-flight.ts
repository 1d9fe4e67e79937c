import { CancellationScope } from '@temporalio/workflow'

/** Work that goes on beside what starts it. */
export interface InFlight {
  begin(work: Promise<void>): void
  /** Waits until fewer than so many are under way; looks again when `changed` resolves. */
  room(most: () => number, changed: () => Promise<void>): Promise<void>
}

/**
 * Runs `body` and all work that it begins: it is all over on return. The first failure, of either,
 * cancels the rest and is thrown.
 */
export function withInFlight(body: (inFlight: InFlight) => Promise<void>): Promise<void> {
  return CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current()
    const underWay = new Set<Promise<void>>()
    let failure: unknown
    const fail = (error: unknown): void => {
      failure ??= error
      scope.cancel()
    }
    try {
      await body({
        begin(work) {
          const settled = work.catch(fail).finally(() => underWay.delete(settled))
          underWay.add(settled)
        },
        async room(most, changed) {
          while (underWay.size >= most()) await Promise.race([...underWay, changed()])
        },
      })
    } catch (error) {
      fail(error)
    }
    await CancellationScope.nonCancellable(() => Promise.all(underWay))
    if (failure !== undefined) throw failure
  })
}
