import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { eraseStack } from '../../infra/stack/erase-stack.ts'
import { endSignal } from '../../src/cli/end-signal.ts'

export interface BenchDirectory {
  readonly path: string
  /** Names what is to end before the folder goes: the last one first. */
  readonly endBefore: (end: () => Promise<void>) => void
  /** Ends what was named, and removes the folder with a stack that is in it. */
  readonly remove: () => Promise<void>
}

/** A folder of a bench's own; it goes, and the process with it, also where that is told to end by a signal. */
export function openBenchDirectory(): BenchDirectory {
  mkdirSync('.claimcheck', { recursive: true })
  const path = resolve(mkdtempSync(join('.claimcheck', 'bench-')))
  const ends: (() => Promise<void>)[] = []
  let removing: Promise<void> | undefined
  const remove = (): Promise<void> => (removing ??= endAll())
  async function endAll(): Promise<void> {
    try {
      for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
    } finally {
      await eraseStack(path)
      rmSync(path, { recursive: true, force: true })
    }
  }
  endSignal().addEventListener('abort', () => {
    // What the bench is at fails when its servers end, and must not end the process before.
    process.on('uncaughtException', () => undefined)
    void remove().finally(() => process.exit(1))
  })
  return { path, endBefore: (end) => void ends.push(end), remove }
}
