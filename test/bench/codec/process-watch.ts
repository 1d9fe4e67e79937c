import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { peakRssMib } from '../process-figures.ts'

export interface ProcessFigures {
  readonly idleRssBytes: number
  /** The most since the reset; where /proc is not, what it holds. */
  readonly peakRssBytes: number
  readonly longestStallMs: number
}

export interface ProcessWatch {
  reset(): Promise<void>
  figures(): ProcessFigures
}

/** Watches the memory of this process and how long its event loop stands still. */
export function watchProcess(): ProcessWatch {
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  let idleRssBytes = process.memoryUsage.rss()
  return {
    async reset() {
      globalThis.gc?.()
      await pause(300)
      resetPeak()
      idleRssBytes = process.memoryUsage.rss()
      delays.reset()
    },
    figures: () => ({
      idleRssBytes,
      peakRssBytes: peakRssMib(process.pid) * 2 ** 20,
      longestStallMs: delays.max / 1e6,
    }),
  }
}

/** `5` makes Linux forget the peak of resident memory. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Elsewhere there is no peak to forget.
  }
}
