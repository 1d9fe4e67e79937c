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

/** The run that a value's key names; undefined where it is none. */
export function parseValueOwner(key: string): ValueOwner | undefined {
  const [root, ...segments] = key.split('/')
  if (root !== 'values' || segments.length !== 4) return undefined
  const [namespace, workflowId, runId, name] = segments.map(unescapeKeySegment)
  if (namespace === undefined || workflowId === undefined) return undefined
  if (runId === undefined || name === undefined) return undefined
  return { namespace, workflowId, runId }
}

/** The namespace of a value's key; undefined where it is none. */
export function parseValueKey(key: string): string | undefined {
  return parseValueOwner(key)?.namespace
}
