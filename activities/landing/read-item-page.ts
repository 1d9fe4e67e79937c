import { eachLine } from '../json/each-line.ts'
import { countRecords } from '../json/split-records.ts'
import { errorOfItem } from './item-error.ts'
import type { CutPage } from './page-reader.ts'
import { readPage, type PageEnvelope, type PageShape } from './read-page.ts'

/** Stands for the records of the pages before. */
const earlierRecord = Buffer.from('{}\n')

export interface ItemPagePlace {
  /** Of the item, for messages. */
  readonly item: string
  /** Records of the stream's pages before this one. */
  readonly recordsBefore: number
}

/**
 * What conversion needs to know of a page of an item. Each page counts as part of its stream: only the
 * first records tell whether it is of the declared format at all.
 *
 * @throws PipelineError as `readPage`, with where the page begins. Trying again cannot help: the item
 * itself is so.
 */
export function readItemPage(
  { body, startBytes }: CutPage,
  shape: PageShape,
  { item, recordsBefore }: ItemPagePlace,
): Pick<PageEnvelope, 'records' | 'recordsStart'> {
  try {
    if (shape.format === 'ndjson' && recordsBefore > 0) {
      return { records: countFurtherLines(body), recordsStart: null }
    }
    const { records, recordsStart } = readPage(body, shape)
    return { records, recordsStart }
  } catch (error) {
    throw errorOfItem(error, { item, pageStartBytes: startBytes })
  }
}

function countFurtherLines(body: Buffer): number {
  let count = 0
  eachLine(body, (start, end, _line, isEnded) => {
    count += 1
    // Whether it was cut off.
    if (!isEnded) countRecords(Buffer.concat([earlierRecord, body.subarray(start, end)]))
  })
  return count
}
