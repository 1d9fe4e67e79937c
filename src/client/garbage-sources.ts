import type { Client } from '@temporalio/client'
import { blobGarbage } from '../../activities/retention/blob-garbage.ts'
import {
  garbageKinds,
  type GarbageKind,
  type GarbageSource,
} from '../../activities/retention/garbage.ts'
import { multipartGarbage } from '../../activities/retention/multipart-garbage.ts'
import { valueGarbage } from '../../activities/retention/value-garbage.ts'
import type { GarbageScope } from '../../activities/index.ts'
import type { ObjectStore, UnfinishedUploads } from '../../codec/index.ts'
import { createRetentionHistories } from './retention-histories.ts'

export interface GarbageSourcesOptions {
  readonly client: Client
  readonly store: ObjectStore
  readonly uploads: UnfinishedUploads
  /** Of datasets and landings, for which the target is asked. @default these are not looked at */
  readonly datasets?: GarbageSource | undefined
}

/** What tells garbage of the wanted kinds from what is needed, on these servers. */
export function createGarbageSources(
  { client, store, uploads, datasets }: GarbageSourcesOptions,
  { kinds = garbageKinds, graceMs }: GarbageScope,
): GarbageSource[] {
  const ports = { store, histories: createRetentionHistories(client), graceMs }
  const has = (kind: GarbageKind): boolean => kinds.includes(kind)
  return [
    ...(has('blob') ? [blobGarbage(ports)] : []),
    ...(has('value') ? [valueGarbage(ports)] : []),
    ...(datasets !== undefined && (has('dataset') || has('landing'))
      ? [only(kinds, datasets)]
      : []),
    ...(has('multipart') ? [multipartGarbage(uploads)] : []),
  ]
}

function only(kinds: readonly GarbageKind[], source: GarbageSource): GarbageSource {
  return async function* (request) {
    for await (const finding of source(request)) {
      const { kind } = 'garbage' in finding ? finding.garbage : finding.kept
      if (kinds.includes(kind)) yield finding
    }
  }
}
