import { CommandError } from '../command-error.ts'
import { LineageError } from '../lineage-error.ts'
import { findLoads, findRows, type FoundLoad, type FoundRow } from '../targets/postgres/lineage.ts'
import { displayTable } from '../targets/postgres/sql-name.ts'
import { lineageTable } from './lineage-table.ts'
import { parseBlobName, type NamedDataset } from './parse-blob-name.ts'
import { findManifest, tracePartsOf, type Manifest, type PartLineage } from './part-lineage.ts'
import { look, type LineagePlace } from './trace-rows.ts'

export interface TracedBlob {
  readonly load: FoundLoad
  /** Of one part; undefined where a whole dataset was asked for. */
  readonly lineage: PartLineage | undefined
  /** Null where the manifest is no longer in the store. */
  readonly parts: number | null
  /** Rows of the part, or of the dataset, when it was made; null as above. */
  readonly rowsMade: number | null
  /** Those that still stand in the table as it wrote them: the first ones, and how many. */
  readonly rows: readonly FoundRow[]
  readonly count: number
}

const greatestPartNumber = 2 ** 31 - 1

/**
 * The rows of the pipeline's table that were last written from a part or dataset. Reads only.
 *
 * @throws LineageError BLOB_NOT_PART, LINEAGE_MISSING, PART_NOT_FOUND
 * @throws CommandError DATASET_NOT_FOUND
 */
export async function traceBlob(place: LineagePlace, name: string): Promise<TracedBlob> {
  const { store, definition } = place
  const named = parseBlobName(name)
  const { datasetId, partNumber } = named
  const { table, load } = await look(place, async (session) => {
    const found = await lineageTable(session, definition)
    const loads = await findLoads(session, found.target, [datasetId])
    return { table: found, load: loads.get(datasetId) }
  })
  if (load === undefined) {
    throw new CommandError('DATASET_NOT_FOUND', 'no load of that dataset into the table is known', {
      at: { dataset: datasetId, table: displayTable(table.target) },
      remedy: 'Ask of the pipeline that has loaded it; claimcheck.loads lists the loads.',
    })
  }
  const manifest = await findManifest(store, load)
  assertPart(named, manifest)
  const conditions = [
    { column: '_dataset_id', value: datasetId },
    ...(partNumber === undefined ? [] : [{ column: '_part_number', value: String(partNumber) }]),
  ]
  const found = await look(place, (session) => findRows(session, { ...table, conditions }))
  if (partNumber === undefined) {
    const { parts, rowCount } = manifest ?? {}
    return {
      load,
      lineage: undefined,
      parts: parts?.length ?? null,
      rowsMade: rowCount ?? null,
      ...found,
    }
  }
  const traced = await tracePartsOf(store, load, manifest, new Set([partNumber]))
  const lineage = traced.get(partNumber)
  return { load, lineage, parts: 1, rowsMade: lineage?.part?.rowCount ?? null, ...found }
}

/** A transform may have made parts of that number more than once: the manifest says which one counts. */
function assertPart({ datasetId, partNumber, key }: NamedDataset, manifest?: Manifest): void {
  if (partNumber === undefined) return
  const part = manifest?.parts.find((listed) => listed.partNumber === partNumber)
  const isUnknown = manifest !== undefined && (part === undefined || (key ?? part.key) !== part.key)
  if (!isUnknown && partNumber <= greatestPartNumber) return
  throw new LineageError('PART_NOT_FOUND', 'The dataset was published without such a part', {
    at: key === undefined ? { dataset: datasetId, part: partNumber } : { key },
    remedy: `Ask for the whole dataset: --blob ${datasetId}.`,
  })
}
