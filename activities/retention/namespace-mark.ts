import { z } from 'zod'
import { escapeKeySegment, type ObjectKey, type ObjectStore } from '../../codec/index.ts'
import { findJson, putJsonOnce } from '../json-object.ts'
import type { RetentionHistories } from './retention-histories.ts'
import { decided, undecided } from './undecided.ts'

export interface NamespaceMarkPorts {
  readonly store: ObjectStore
  readonly histories: Pick<RetentionHistories, 'namespace' | 'namespaceId'>
}

const markSchema = z.object({ namespaceId: z.string() })

const untold = 'It cannot be told whose the blobs and values are'

/** Two servers may have namespaces of one name, and only one of them knows who needs what lies here. */
export function namespaceMarkKey(namespace: string): ObjectKey {
  return `audit/namespaces/${escapeKeySegment(namespace)}.json` as ObjectKey
}

/**
 * Leaves in the store which server's namespace its blobs and values are of, where nobody has done so.
 *
 * @throws PipelineError GARBAGE_UNDECIDED where they are of another one, or where that cannot be told
 */
export async function markNamespace(ports: NamespaceMarkPorts, signal: AbortSignal): Promise<void> {
  const { store, histories } = ports
  const key = namespaceMarkKey(histories.namespace)
  await decided(untold, signal, async () => {
    if ((await store.head(key, { signal })) !== undefined) return
    const namespaceId = await histories.namespaceId({ signal })
    await putJsonOnce(store, key, { namespaceId }, { signal })
  })
  await requireNamespace(ports, signal)
}

/** @throws PipelineError GARBAGE_UNDECIDED where the mark is of another server's namespace, or cannot be compared */
export async function requireNamespace(
  { store, histories }: NamespaceMarkPorts,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = histories
  const key = namespaceMarkKey(namespace)
  const mark = await decided(untold, signal, () => findJson(store, key, markSchema, { signal }))
  if (mark === undefined) return
  const connected = await decided(untold, signal, () => histories.namespaceId({ signal }))
  if (mark.namespaceId === connected) return
  const whose = `the bucket belongs to another server's namespace ${namespace}: ${mark.namespaceId}, not ${connected}. If that is gone for good, delete the mark`
  throw undecided(whose, undefined, { bucket: store.bucket, key, namespace })
}
