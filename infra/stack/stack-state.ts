import { z } from 'zod'

import { isAlive } from './process-identity.ts'
import { readTextFile } from './read-text-file.ts'
import { serverNames } from './server-name.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

const identity = z.object({ pid: z.int().positive(), startedAt: z.string() })
const ports = z.record(z.string(), z.int().min(1).max(65_535))

const schema = z.object({
  version: z.literal(1),
  phase: z.enum(['starting', 'ready', 'stopping', 'stopped']),
  lifetime: z.enum(['attached', 'detached']),
  supervisor: identity,
  /** Ends the servers if the supervisor is killed, and lives until they are gone. */
  guardian: identity.optional(),
  servers: z.partialRecord(z.enum(serverNames), identity),
  /** The ports of the last start, taken again when they are free. */
  ports: z.partialRecord(z.enum(serverNames), ports),
  /** Addresses of the servers started here; the others come from the environment of the reader. */
  addresses: z.object({
    temporal: z
      .object({ address: z.string(), namespace: z.string(), uiUrl: z.string() })
      .optional(),
    store: z
      .object({
        endpoint: z.string(),
        region: z.string(),
        bucket: z.string(),
        browserUrl: z.string(),
      })
      .optional(),
    database: z
      .object({ host: z.string(), port: z.int(), database: z.string(), user: z.string() })
      .optional(),
  }),
  /** Where PostgreSQL keeps its data: not always under the stack's directory. */
  databaseDirectory: z.string().optional(),
  /** Why the stack stopped, when nobody asked it to. */
  reason: z.string().optional(),
})

/** What `stack.json` holds. No secret is in it. */
export type StackState = z.infer<typeof schema>

/** The state that was last written, or undefined when there is none or it cannot be understood. */
export function readState(path: string): StackState | undefined {
  const text = readTextFile(path)
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    // Another version wrote it, or a disk ran full: a start writes it anew.
    return undefined
  }
}

/** The state of a stack whose supervisor lives, or undefined. */
export function readLiveState(path: string): StackState | undefined {
  const state = readState(path)
  return state !== undefined && isAlive(state.supervisor) ? state : undefined
}

export function writeState(path: string, state: StackState): void {
  writeFileAtomically(path, `${JSON.stringify(state, undefined, 2)}\n`, 0o644)
}
