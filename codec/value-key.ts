import { escapeKeySegment, unescapeKeySegment } from './key-segment.ts'
import type { ObjectKey } from './object-store.ts'

/** The run that a value belongs to, and lives as long as. */
export interface ValueOwner {
  readonly namespace: string
  readonly workflowId: string
  readonly runId: string
}

/** `values/{namespace}/{workflowId}/{runId}/{name}`, each escaped. */
export function valueKey({ namespace, workflowId, runId }: ValueOwner, name: string): ObjectKey {
  const segments = [namespace, workflowId, runId, name].map(escapeKeySegment)
  return `values/${segments.join('/')}` as ObjectKey
}

/** The namespace of a value's key; undefined where it is none. */
export function parseValueKey(key: string): string | undefined {
  const [root, ...segments] = key.split('/')
  if (root !== 'values' || segments.length !== 4) return undefined
  const names = segments.map(unescapeKeySegment)
  return names.includes(undefined) ? undefined : names[0]
}
