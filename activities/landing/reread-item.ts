import type { ObjectKey } from '../../codec/index.ts'
import { rereadBatchesKey, rereadBatchKey } from '../bucket-layout.ts'
import { getJson, putJson } from '../json-object.ts'
import type { SourceFormat } from '../source-definition.ts'
import type { ItemLanding } from './item-landing.ts'
import { landedBatch, type LandedBatch, type LandedPage } from './landed-batch.ts'
import type { WholeItem } from './landed-item.ts'
import { landingIncomplete } from './landing-incomplete.ts'
import { readItemPage } from './read-item-page.ts'
import type { PageShape } from './read-page.ts'

/**
 * An item of a landing that another run has made, for a definition that may be another by now: where
 * records stand in a JSON body is found out again, and the lists that say so stand beside the dataset.
 *
 * @throws PipelineError LANDING_INCOMPLETE where it was landed as another format, SOURCE_MALFORMED where
 * there are no records now
 */
export async function rereadItem(
  landing: ItemLanding,
  whole: WholeItem,
  shape: Omit<PageShape, 'format'> & { readonly format: SourceFormat },
): Promise<WholeItem> {
  const { store, run, item, place, attempt } = landing.options
  const { format, ...rest } = shape
  const batchOf = (key: string | undefined): Promise<LandedBatch> =>
    getJson(store, (key ?? '') as ObjectKey, landedBatch, attempt)
  if (whole.batchKeys.length === 0) return whole
  const { pages } = await batchOf(whole.batchKeys[0])
  const ending = format === 'parquet' ? '.parquet' : `.${format}.zst`
  if (pages[0]?.key.endsWith(ending) !== true) {
    throw landingIncomplete(`an item was not landed as ${format}`, { item: place })
  }
  if (format !== 'json') return whole

  const batchKeys: string[] = []
  for (const [index, batchKey] of whole.batchKeys.entries()) {
    const batch = await batchOf(batchKey)
    const key = rereadBatchKey(run, item, index)
    const reread: LandedPage[] = []
    for (const page of batch.pages) {
      reread.push(await rereadPage(landing, page, { ...rest, format }))
    }
    await putJson(store, key, { ...batch, pages: reread }, attempt)
    batchKeys.push(key)
  }
  const { key: _, ...list } = whole
  const key = rereadBatchesKey(run, item)
  await putJson(store, key, { ...list, batchKeys }, attempt)
  return { ...list, batchKeys, key }
}

async function rereadPage(
  landing: ItemLanding,
  page: LandedPage,
  shape: PageShape,
): Promise<LandedPage> {
  const body = await landing.readPage(page)
  // A JSON body is read whole.
  const cut = { body, startBytes: 0, endBytes: body.length, isLast: true }
  const facts = readItemPage(cut, shape, { item: landing.options.place, recordsBefore: 0 })
  return { ...page, ...facts }
}
