import { z } from 'zod'

/** What a collector tells of each collection. */
export const collectedSchema = z.union([
  z.object({ deleted: z.number(), kept: z.number(), gone: z.number() }),
  /** Nothing was deleted, or not all. */
  z.object({ refused: z.string() }),
])

export type Collected = z.infer<typeof collectedSchema>

/** What has happened so far. */
export interface SoakCounts {
  workflows: number
  resets: number
  signals: number
  loads: number
  /** Histories that were read and decoded whole. */
  histories: number
  events: number
  /** To blobs; each was fetched and decrypted. */
  claims: number
  /** Values that activities parked, looked for while their run was there. */
  values: number
  /** Runs that the server has forgotten. */
  forgotten: number
  collections: number
  /** Collections that broke off. */
  refused: number
  deleted: number
  /** `claimcheck gc --apply` itself, beside. */
  commands: number
  killedWorkers: number
  /** What must not be: each fails the soak. */
  readonly troubles: string[]
}

export function emptyCounts(): SoakCounts {
  const lived = { workflows: 0, resets: 0, signals: 0, loads: 0, killedWorkers: 0 }
  const read = { histories: 0, events: 0, claims: 0, values: 0, forgotten: 0 }
  const swept = { collections: 0, refused: 0, deleted: 0, commands: 0 }
  return { ...lived, ...read, ...swept, troubles: [] }
}
