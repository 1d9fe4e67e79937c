import type { LoadCounts, PublishOutcome } from '../../../activities/load-target.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { checkColumns } from './check-columns.ts'
import { checkSlices } from './check-slices.ts'
import { loadManifest, type LoadedFile, type LoadManifest } from './load-manifest.ts'
import { announceLoad, type IntentTimes, intentTimes, withdrawLoad } from './load-intents.ts'
import { findRecord, loadDiscarded } from './load-record.ts'
import type { PublishRequest } from './parquet-requests.ts'
import { settleLoad } from './settle-load.ts'
import { findStagedFiles } from './staged-files.ts'
import type { Found, TargetBucket } from './target-bucket.ts'
import { manifestKey } from './target-layout.ts'

/** Loads of one slice that come in between; more than this means something else is wrong. */
const maxSwaps = 20

/**
 * Switches the manifest of the slice to a staged dataset, if it is still what was looked at, and records
 * the load. Whoever is late finds the manifest changed, looks again and gives way to a load that
 * was requested later.
 *
 * @throws PipelineError TARGET_BUSY, TARGET_MISMATCH, TARGET_WOULD_BE_EMPTIED, INTERVAL_LOADED,
 * INTERVAL_OUT_OF_ORDER
 */
export async function publishLoad(
  bucket: TargetBucket,
  request: PublishRequest,
  times: IntentTimes = intentTimes,
): Promise<PublishOutcome> {
  const { target, datasetId, partition } = request
  const record = await findRecord(bucket, request)
  if (record?.state === 'published') return published(record.counts, true)
  checkColumns(request)
  const key = manifestKey(target, partition)
  const before = await bucket.findJson(key, loadManifest)
  if (before?.value.datasetId === datasetId) return finish(before.value, true)
  if (record?.state === 'discarded') throw loadDiscarded(request)
  const { files, missingParts } = await findStagedFiles(bucket, request)
  if (missingParts.length > 0) return { kind: 'staging-incomplete', missingParts }

  for (let swaps = 0; swaps < maxSwaps; swaps += 1) {
    const step = await prepare()
    if ('counts' in step) return published(step.counts, swaps === 0)
    const { replaced, manifest } = step
    if (replaced?.value.datasetId === datasetId) return finish(replaced.value, swaps === 0)
    if (await bucket.swapJson(key, manifest, replaced?.etag)) return finish(manifest, false)
  }
  throw new PipelineError('TARGET_BUSY', 'the manifest was changed again and again', {
    at: { path: targetPlace(target) },
    remedy: 'Let other loads of the same slice end first.',
    retryable: true,
  })

  /** What is there, and what is to stand in its place; or what was done, and was replaced since. */
  async function prepare(): Promise<Switch | { readonly counts: LoadCounts }> {
    const announcedAtMs = performance.now()
    const abandoned = await announceLoad(bucket, request, key, times)
    try {
      await checkSlices(bucket, request)
      const replaced = await bucket.findJson(key, loadManifest)
      const manifest = manifestOf(request, files, replaced?.value, abandoned)
      if (replaced?.value.datasetId === datasetId) return { replaced, manifest }
      // Behind the look at the manifest: what comes later changes that first, or sees the intent.
      const now = await findRecord(bucket, request)
      if (now?.state === 'discarded') throw loadDiscarded(request)
      if (now?.state === 'published') {
        await withdrawLoad(bucket, request, key)
        return { counts: now.counts }
      }
      checkReplacement(request, manifest, replaced)
      // What the one before has left undone: nobody else could tell.
      if (replaced !== undefined) await settleLoad(bucket, target, replaced.value)
      if (performance.now() - announcedAtMs >= times.switchWithinMs) throw tooLate(request)
      return { replaced, manifest }
    } catch (error) {
      if (error instanceof PipelineError) await withdrawLoad(bucket, request, key)
      throw error
    }
  }

  async function finish(manifest: LoadManifest, already: boolean): Promise<PublishOutcome> {
    await settleLoad(bucket, target, manifest)
    return published(manifest.counts, already)
  }
}

interface Switch {
  readonly replaced: Found<LoadManifest> | undefined
  readonly manifest: LoadManifest
}

function published(counts: LoadCounts, alreadyPublished: boolean): PublishOutcome {
  return { kind: 'published', counts, alreadyPublished }
}

/** Others do not reckon with the switch for ever. */
function tooLate({ target }: PublishRequest): PipelineError {
  return new PipelineError('TARGET_BUSY', 'the store took too long to say what is published', {
    at: { path: targetPlace(target) },
    remedy: 'Claimcheck tries again by itself; if it persists, look at the store.',
    retryable: true,
  })
}

function checkReplacement(
  { target, requestedAt, interval, partition, inOrder }: PublishRequest,
  { rowCount }: LoadManifest,
  replaced: Found<LoadManifest> | undefined,
): void {
  if (replaced === undefined) return
  const at = { path: targetPlace(target) }
  const { value, etag } = replaced
  if (Date.parse(value.requestedAt) > Date.parse(requestedAt)) {
    const message = 'a load that was requested later is published already'
    const remedy = 'Start the run again, if its rows are to take the place of those.'
    throw new PipelineError('INTERVAL_OUT_OF_ORDER', message, { at, remedy })
  }
  if (inOrder === true && Date.parse(value.interval.end) > Date.parse(interval.end)) {
    const message = `${value.partition} is published already, and ${partition}, which is earlier, would take its place`
    const remedy = 'Where it is wanted nevertheless, load the partition by `claimcheck run`.'
    throw new PipelineError('INTERVAL_OUT_OF_ORDER', message, { at, remedy })
  }
  if (rowCount === 0 && value.rowCount > 0 && target.allowEmpty !== true) {
    const message = `the dataset has no rows, and would take the place of ${value.rowCount}`
    const remedy =
      'Look why the source sent nothing; if that is right, set `target.allow_empty: true`.'
    throw new PipelineError('TARGET_WOULD_BE_EMPTIED', message, { at, remedy })
  }
  if (etag === undefined) {
    throw new PipelineError('TARGET_FAILED', 'the store gives no etag for the manifest', {
      at,
      remedy: 'Look for a proxy that compresses or rewrites answers.',
    })
  }
}

function manifestOf(
  request: PublishRequest,
  files: readonly LoadedFile[],
  replaced: LoadManifest | undefined,
  abandoned: LoadManifest['removes'],
): LoadManifest {
  const rowCount = files.reduce((sum, file) => sum + file.rowCount, 0)
  const { pipeline, partition, interval, datasetId, requestedAt, target } = request
  return {
    version: 1,
    pipeline,
    partition,
    interval,
    datasetId,
    mode: target.mode,
    requestedAt,
    datasetManifest: request.manifestKey,
    columns: request.columns.map(({ name, type }) => ({ name, type })),
    partitionBy: [...(target.partitionBy ?? [])],
    rowCount,
    recordCount: request.recordCount,
    rejectCount: request.rejectCount,
    missingFields: [...(request.missingFields ?? [])],
    counts: {
      rowsStaged: rowCount,
      rowsInserted: rowCount,
      rowsUpdated: 0,
      rowsUnchanged: 0,
      rowsDuplicate: 0,
      rowsDeleted: replaced?.rowCount ?? 0,
    },
    files: [...files],
    previous:
      replaced === undefined
        ? null
        : {
            datasetId: replaced.datasetId,
            requestedAt: replaced.requestedAt,
            rowCount: replaced.rowCount,
          },
    removes: [
      ...(replaced?.previous == null ? [] : [replaced.previous.datasetId]),
      ...abandoned.filter((id) => id !== replaced?.datasetId),
    ],
  }
}
