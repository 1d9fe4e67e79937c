import { z } from 'zod'
import type { DatasetId } from '../../../activities/load-target.ts'

const datasetId = z.string().transform((id) => id as DatasetId)
const interval = z.object({ start: z.string(), end: z.string() })
const counts = z.object({
  rowsStaged: z.number(),
  rowsInserted: z.number(),
  rowsUpdated: z.number(),
  rowsUnchanged: z.number(),
  rowsDuplicate: z.number(),
  rowsDeleted: z.number(),
})

const loadedFile = z.object({
  key: z.string(),
  rowCount: z.number(),
  sizeBytes: z.number(),
  /** Of the file, in hexadecimal digits. */
  sha256: z.string(),
  /** Of the columns that are directories; NULL is null. */
  values: z.record(z.string(), z.string().nullable()),
})

export type LoadedFile = z.infer<typeof loadedFile>

/** `_staged/{dataset id}/part-00000.json`: written when all files of the part are there. */
export const stagedPart = z.object({ rowCount: z.number(), files: z.array(loadedFile) })

/** `_publishing/{dataset id}.json`: whoever replaces a manifest says so first. */
export const loadIntent = z.object({
  datasetId,
  manifestKey: z.string(),
  partition: z.string(),
  interval,
})

/** `_manifests/{partition}.json` or `_manifests/current.json`: what is published. */
export const loadManifest = z.object({
  version: z.literal(1),
  pipeline: z.string(),
  partition: z.string(),
  interval,
  datasetId,
  mode: z.enum(['replace', 'replace-interval']),
  requestedAt: z.string(),
  /** The dataset's own manifest, in the bucket of the pipeline's run. */
  datasetManifest: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.unknown() })),
  partitionBy: z.array(z.string()),
  rowCount: z.number(),
  recordCount: z.number().optional(),
  rejectCount: z.number().optional(),
  /** Declared fields that no record had. Earlier versions have not written it down. */
  missingFields: z.array(z.string()).optional(),
  counts,
  files: z.array(loadedFile),
  /** What this took the place of. Its files are still there, for whoever has begun to read them. */
  previous: z.object({ datasetId, requestedAt: z.string(), rowCount: z.number() }).nullable(),
  /** Datasets whose files go now. */
  removes: z.array(datasetId),
})

export type LoadManifest = z.infer<typeof loadManifest>

/** `_loads/{dataset id}.json`: what became of a load. */
export const loadRecord = z.discriminatedUnion('state', [
  z.object({ state: z.literal('published'), datasetId, manifestKey: z.string(), counts }),
  z.object({ state: z.literal('discarded'), datasetId, failureCode: z.string().optional() }),
])
