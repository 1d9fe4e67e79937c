import { z } from 'zod'
import type { ObjectKey, ObjectStore } from '../../codec/index.ts'
import { PipelineError } from '../pipeline-error.ts'
import { garbageKinds, type Garbage } from './garbage.ts'

const auditLine = z.object({
  at: z.string(),
  state: z.enum(['deleting', 'deleted', 'not deleted', 'unknown']),
  kind: z.enum(garbageKinds),
  key: z.string().transform((key) => key as ObjectKey),
  sizeBytes: z.number(),
  lastModified: z.string(),
  reason: z.string(),
})

/** What was done with one object, and when; `deleting` is said before it is done. */
export type AuditLine = z.infer<typeof auditLine>

export interface AuditPorts {
  readonly store: ObjectStore
  /** Hears each line too. */
  readonly onAudit?: ((line: AuditLine) => void) | undefined
  /** Of this machine. @default () => new Date() */
  readonly clock?: () => Date
}

/** Writes a line for each object. */
export async function writeAudit(
  { store, onAudit = () => undefined, clock = () => new Date() }: AuditPorts,
  key: ObjectKey,
  objects: readonly Garbage[],
  state: AuditLine['state'] | ((garbage: Garbage) => AuditLine['state']),
  signal: AbortSignal,
): Promise<AuditLine[]> {
  const at = clock().toISOString()
  const lines = objects.map((garbage) => ({
    at,
    state: typeof state === 'string' ? state : state(garbage),
    kind: garbage.kind,
    key: garbage.key,
    sizeBytes: garbage.sizeBytes,
    lastModified: garbage.lastModified.toISOString(),
    reason: garbage.reason,
  }))
  // Not as one text, which would be large enough to outlive many young ones.
  const body = Buffer.concat(lines.map((line) => Buffer.from(`${JSON.stringify(line)}\n`)))
  await store.put(key, body, { contentType: 'application/x-ndjson', signal })
  for (const line of lines) onAudit(line)
  return lines
}

/** @throws PipelineError OBJECT_UNREADABLE */
export async function readAudit(
  store: ObjectStore,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<AuditLine[] | undefined> {
  if ((await store.head(key, { signal })) === undefined) return undefined
  const text = Buffer.from(await store.get(key, { signal })).toString('utf8')
  try {
    const lines = text.split('\n').filter((line) => line !== '')
    return lines.map((line) => auditLine.parse(JSON.parse(line)))
  } catch (cause) {
    throw new PipelineError('OBJECT_UNREADABLE', 'an audit of deletions cannot be read', {
      at: { bucket: store.bucket, key },
      remedy: 'Look at what changed it; then make a new plan: `claimcheck gc`.',
      cause,
    })
  }
}
