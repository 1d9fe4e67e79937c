import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { SourceItem } from './item-source.ts'
import { findPinnedItems, pinItems, writeItems, type ItemList } from './landing/item-list.ts'
import { landingIncomplete } from './landing/landing-incomplete.ts'
import { partsPerItem } from './landing/part-pages.ts'
import { readPinnedRun, sliceOf } from './pinned-run.ts'
import { PipelineError } from './pipeline-error.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'
import type { ItemSourceDefinition } from './source-definition.ts'

/** The numbers of all their parts stay below 2^31. */
const maxItems = 2 ** 31 / partsPerItem

export interface ListItemsInput {
  readonly run: RunReference
}

/**
 * Finds the items of a run's source and keeps their list, so that each is told by its position. The
 * list of a run does not change any more: a retry finds it.
 *
 * @throws PipelineError ITEM_LIMIT_EXCEEDED, and LANDING_INCOMPLETE where the source must not be asked
 * and no list is there
 */
export async function listItems(
  ports: ActivityPorts,
  { run }: ListItemsInput,
  attempt: Attempt,
): Promise<{ itemCount: number }> {
  const { store } = ports
  const pinned = await findPinnedItems(store, run, attempt)
  if (pinned !== undefined) return { itemCount: pinned.itemCount }
  const list = await findItems(ports, run, attempt)
  const { itemCount } = await pinItems(store, run, list, attempt)
  return { itemCount }
}

async function findItems(
  { store, items }: ActivityPorts,
  run: RunReference,
  attempt: Attempt,
): Promise<ItemList> {
  const pinned = await readPinnedRun(store, run, attempt)
  const { fromLandingOf } = pinned
  if (fromLandingOf !== undefined) {
    const list = await findPinnedItems(store, { ...run, datasetId: fromLandingOf }, attempt)
    if (list !== undefined) return list
    throw landingIncomplete('the dataset has no list of items', { pipeline: run.pipeline })
  }
  const source = itemSource(pinned.definition.source)
  const listed = items.list({ source, slice: sliceOf(run, pinned), signal: attempt.signal })
  return writeItems(store, run, upToLimit(listed, run), attempt)
}

export function itemSource(source: PinnedRun['definition']['source']): ItemSourceDefinition {
  if (source.kind === 'file' || source.kind === 'postgres') return source
  throw new Error(`a ${source.kind} source is not made of items`)
}

async function* upToLimit(
  items: AsyncIterable<SourceItem>,
  { pipeline }: RunReference,
): AsyncGenerator<SourceItem> {
  let count = 0
  for await (const item of items) {
    count += 1
    if (count > maxItems) {
      throw new PipelineError(
        'ITEM_LIMIT_EXCEEDED',
        `the source has more than ${maxItems} items, which is the limit of a run`,
        {
          at: { pipeline },
          remedy:
            'Narrow `source.path` of the pipeline file, by `{partition}` say, or put small files together.',
        },
      )
    }
    yield item
  }
}
