import { isDeepStrictEqual } from 'node:util'
import { definitionKey, partPrefix } from '../../../activities/bucket-layout.ts'
import { tableColumns } from '../../../activities/pinned-run.ts'
import type { DatasetFolder } from '../../../activities/retention/dataset-folders.ts'
import type { DatasetManifest } from '../../../activities/reprocess/sealed-dataset.ts'
import type { PinnedRun } from '../../../activities/run-reference.ts'
import { datasetManifest } from '../../../activities/seal-dataset.ts'
import type { DatasetId } from '../../../activities/index.ts'

/** What the objects of a dataset say that its manifest says too. */
export interface ManifestWitnesses {
  readonly folder: Pick<DatasetFolder, 'pipeline' | 'partition' | 'datasetId'>
  /** Undefined where it cannot be read. */
  readonly pinned: PinnedRun | undefined
  /** Records that the parts were made from, by the parts themselves; NaN where one does not say. */
  readonly recordCount: number
  readonly convertedCount: number
  /** Records that were set aside, as many as there are. */
  readonly rejectCount: number
}

/** A manifest as it was written; or why it is none. */
export function parseManifest(
  body: Uint8Array,
): { readonly manifest: DatasetManifest } | { readonly problem: string } {
  const text = Buffer.from(body).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { problem: 'is no JSON' }
  }
  const { success, data: manifest } = datasetManifest.safeParse(value)
  if (!success) return { problem: 'is no manifest' }
  // A flipped bit may make a key that nobody reads, or a space of a line's end.
  if (!isDeepStrictEqual(manifest, value)) return { problem: 'has keys that no manifest has' }
  return text === `${JSON.stringify(value, null, 2)}\n`
    ? { manifest }
    : { problem: 'is not written as manifests are' }
}

/** What of a manifest is not as the other objects say: all that it has, something else has too. */
export function manifestProblems(manifest: DatasetManifest, seen: ManifestWitnesses): string[] {
  const { folder, pinned } = seen
  const { pipeline, partition, datasetId, parts } = manifest
  const problems = Object.entries({ pipeline, partition, datasetId })
    .filter(([name, value]) => value !== folder[name as keyof typeof folder])
    .map(([name]) => `names another ${name}`)
  const differ = (name: string, said: unknown, witness: unknown): void => {
    if (!isDeepStrictEqual(said, witness)) problems.push(`has another ${name} than the rest says`)
  }
  if (pinned !== undefined) {
    const columns = tableColumns(pinned).map(({ name, type }) => ({ name, type }))
    differ('interval', manifest.interval, pinned.interval)
    differ('requestedAt', manifest.requestedAt, pinned.requestedAt)
    differ('columns', manifest.columns, columns)
    if (pinned.landing !== undefined) differ('landing', manifest.landing, pinned.landing)
  }
  const rows = parts.reduce((sum, { rowCount }) => sum + rowCount, 0)
  differ('rowCount', manifest.rowCount, rows)
  differ('rejectCount', manifest.rejectCount, seen.rejectCount)
  if (manifest.recordCount !== undefined && !Number.isNaN(seen.recordCount)) {
    differ('recordCount', manifest.recordCount, seen.recordCount)
  }
  if (manifest.convertedCount !== undefined && !Number.isNaN(seen.convertedCount)) {
    differ('convertedCount', manifest.convertedCount, seen.convertedCount)
  }
  return [...problems, ...namingProblems(manifest)]
}

/** Parts are named for their place, each once, in order. */
function namingProblems(manifest: DatasetManifest): string[] {
  const { pipeline, partition, partsOf } = manifest
  const datasetId = (partsOf ?? manifest.datasetId) as DatasetId
  const { definition } = manifest
  const own = { pipeline, partition, datasetId: manifest.datasetId as DatasetId }
  if (definition !== undefined && definition.key !== definitionKey(own)) {
    return ['names a definition that is none of the dataset']
  }
  const prefix = partPrefix({ pipeline, partition, datasetId })
  let before = -1
  for (const { key, partNumber } of manifest.parts) {
    const [, number] = /^(?:[^/]*-)?(\d{5,})\.parquet$/.exec(key.slice(prefix.length)) ?? []
    if (!key.startsWith(prefix) || Number(number) !== partNumber || partNumber <= before) {
      return [`names a part ${partNumber} that is none of the dataset`]
    }
    before = partNumber
  }
  return []
}
