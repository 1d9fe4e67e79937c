import type { Client } from '@temporalio/client'
import { blobGarbage } from '../../activities/retention/blob-garbage.ts'
import {
  garbageKinds,
  type GarbageKind,
  type GarbageSource,
} from '../../activities/retention/garbage.ts'
import { multipartGarbage } from '../../activities/retention/multipart-garbage.ts'
import { valueGarbage } from '../../activities/retention/value-garbage.ts'
import type { GarbageScope, RetentionHistories } from '../../activities/index.ts'
import type { ObjectStore, UnfinishedUploads } from '../../codec/index.ts'
import { createRetentionHistories } from './retention-histories.ts'

export interface GarbageSourcesOptions {
  readonly client: Client
  readonly store: ObjectStore
  readonly uploads: UnfinishedUploads
  /** Of datasets and landings, for which the target is asked. @default these are not looked at */
  readonly datasets?: GarbageSource | undefined
  /** Hears of each run that is looked at. @default nobody */
  readonly onHistory?: () => void
}

/** What tells garbage of the wanted kinds from what is needed, on these servers. */
export function createGarbageSources(
  { client, store, uploads, datasets, onHistory = () => undefined }: GarbageSourcesOptions,
  { kinds = garbageKinds, graceMs }: GarbageScope,
): GarbageSource[] {
  const histories = watched(createRetentionHistories(client), onHistory)
  const ports = { store, histories, graceMs }
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

function watched(histories: RetentionHistories, onHistory: () => void): RetentionHistories {
  return {
    ...histories,
    async *runs(call) {
      for await (const run of histories.runs(call)) {
        onHistory()
        yield run
      }
    },
  }
}

function only(kinds: readonly GarbageKind[], source: GarbageSource): GarbageSource {
  return async function* (request) {
    for await (const finding of source(request)) {
      const { kind } = 'garbage' in finding ? finding.garbage : finding.kept
      if (kinds.includes(kind)) yield finding
    }
  }
}
