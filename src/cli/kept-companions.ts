import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isAlive } from '../../infra/stack/process-identity.ts'
import { stopCompanion, type Companion } from './companion.ts'

const companion = z.object({
  identity: z.object({ pid: z.number(), startedAt: z.string() }),
  readyLine: z.string(),
})
const kept = z.object({ sampleSource: companion, worker: companion })

/** What `quickstart --keep` leaves running beside the servers, for `down` and a later quickstart. */
export type KeptCompanions = Readonly<Record<'sampleSource' | 'worker', Companion>>

export function writeKeptCompanions(directory: string, companions: KeptCompanions): void {
  writeFileSync(keptPath(directory), JSON.stringify(companions))
}

/** Those that still live, all or none. */
export function readKeptCompanions(directory: string): KeptCompanions | undefined {
  const found = readFileOf(directory)
  const alive = found && isAlive(found.sampleSource.identity) && isAlive(found.worker.identity)
  return alive === true ? found : undefined
}

/** Ends whichever of them still lives. */
export async function stopKeptCompanions(directory: string): Promise<void> {
  const found = readFileOf(directory)
  if (found !== undefined) {
    await stopCompanion(found.worker.identity)
    await stopCompanion(found.sampleSource.identity)
  }
  rmSync(keptPath(directory), { force: true })
}

function readFileOf(directory: string): KeptCompanions | undefined {
  if (!existsSync(keptPath(directory))) return undefined
  try {
    return kept.parse(JSON.parse(readFileSync(keptPath(directory), 'utf8')))
  } catch {
    // Cut short by a crash: what it named cannot be told.
    return undefined
  }
}

function keptPath(directory: string): string {
  return join(directory, 'companions.json')
}
