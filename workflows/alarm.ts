import { CancellationScope, sleep } from '@temporalio/workflow'

/** A timer that can be set anew, to an earlier time say, while others wait for it. */
export interface Alarm {
  /** Whether the time has come for which it was set last. */
  hasRung(): boolean
  /** Whether it is set for a time to come. */
  isSet(): boolean
  set(afterMs: number): void
}

export function createAlarm(): Alarm {
  let state: 'off' | 'set' | 'rung' = 'off'
  let timer: CancellationScope | undefined

  async function ring(scope: CancellationScope, afterMs: number): Promise<void> {
    try {
      await scope.run(() => sleep(afterMs))
      if (timer === scope) state = 'rung'
    } catch {
      // It was set anew, or the run is cancelled.
    }
  }

  return {
    hasRung: () => state === 'rung',
    isSet: () => state === 'set',
    set(afterMs) {
      timer?.cancel()
      timer = new CancellationScope()
      state = 'set'
      void ring(timer, afterMs)
    },
  }
}
