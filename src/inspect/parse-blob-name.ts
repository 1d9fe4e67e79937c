import { LineageError } from '../lineage-error.ts'

/** A dataset, or one of its parts, as a person names it. */
export interface NamedDataset {
  readonly datasetId: string
  /** Undefined where the whole dataset is meant. */
  readonly partNumber: number | undefined
  /** The object, where it is named by its key. */
  readonly key: string | undefined
}

const datasetId = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const datasetName = new RegExp(`^(${datasetId})(?:/(\\d{1,10}))?$`, 'i')
const partName = new RegExp(
  `^datasets/[^/]+/[^/]+/(${datasetId})/part-(?:[^/]*-)?(\\d+)\\.parquet$`,
)
const datasetObject = new RegExp(`^datasets/[^/]+/[^/]+/(${datasetId})/`)

/** What is not a part, and what it is instead. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^landing\/.*\/page-[^/]*$/, 'a page as the source has sent it, of which a part was made'],
  [/^landing\//, 'an object of a landing, which is what the source has sent'],
  [/^blobs\//, 'a payload of workflow histories, which holds no rows'],
  [/^values\//, 'a value that an activity has parked, which holds no rows'],
]

/**
 * Reads `DATASET`, `DATASET/PART` or the key of a part.
 *
 * @throws LineageError BLOB_NOT_PART, which says what the key is instead
 */
export function parseBlobName(text: string): NamedDataset {
  const [, named, number] = datasetName.exec(text) ?? []
  if (named !== undefined) {
    const partNumber = number === undefined ? undefined : Number(number)
    return { datasetId: named.toLowerCase(), partNumber, key: undefined }
  }
  const [, ofPart, padded] = partName.exec(text) ?? []
  if (ofPart !== undefined) return { datasetId: ofPart, partNumber: Number(padded), key: text }
  const [, dataset] = datasetObject.exec(text) ?? []
  if (dataset !== undefined) {
    throw notPart(
      text,
      'an object of a dataset, and not one of its parts',
      `Ask for the whole dataset: --blob ${dataset}.`,
    )
  }
  const what = others.find(([pattern]) => pattern.test(text))?.[1]
  throw notPart(
    text,
    what ?? 'neither the key of a part nor the id of a dataset',
    'Rows come from parts: ask with --blob datasets/…/part-00000.parquet, DATASET or DATASET/PART; of a row, --where says its part and the pages of that.',
  )
}

function notPart(key: string, what: string, remedy: string): LineageError {
  return new LineageError('BLOB_NOT_PART', `That is ${what}`, { at: { key }, remedy })
}
