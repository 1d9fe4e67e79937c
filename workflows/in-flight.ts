import { CancellationScope } from '@temporalio/workflow'

/** Work that goes on beside what starts it. */
export interface InFlight {
  begin(work: Promise<void>): void
  /** Waits until fewer than so many are under way; looks again when `changed` resolves. */
  room(most: () => number, changed: () => Promise<void>): Promise<void>
  /** Lets what is under way go on when `body` returns: somebody else looks after it. */
  leave(): void
}

/**
 * Runs `body` and all work that it begins: it is all over on return, unless it was left. The first
 * failure, of either, cancels the rest and is thrown.
 */
export function withInFlight(body: (inFlight: InFlight) => Promise<void>): Promise<void> {
  return CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current()
    const underWay = new Set<Promise<void>>()
    let failure: unknown
    let isLeft = false
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
        leave() {
          isLeft = true
        },
      })
    } catch (error) {
      isLeft = false
      fail(error)
    }
    if (!isLeft) await CancellationScope.nonCancellable(() => Promise.all(underWay))
    if (failure !== undefined) throw failure
  })
}
