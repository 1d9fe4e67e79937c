import { finalFailure } from './final-failure.ts'

/** More are counted, and not named. */
const mostNamed = 5

/** Items that could not be loaded, of a pipeline that goes on with the others. */
export interface FailedItems {
  readonly count: number
  readonly first: readonly { readonly item: number; readonly code: string }[]
}

/** @param code What the item failed with. */
export function addFailedItem(
  failed: FailedItems = { count: 0, first: [] },
  item: number,
  code = 'RUN_FAILED',
): FailedItems {
  const { count, first } = failed
  return { count: count + 1, first: first.length < mostNamed ? [...first, { item, code }] : first }
}

/** @throws ApplicationFailure ITEMS_FAILED, where there are any */
export function throwFailedItems(failed: FailedItems | undefined): void {
  if (failed === undefined) return
  const { count, first } = failed
  const named = first.map(({ item, code }) => `${item} (${code})`).join(', ')
  const more = count > first.length ? ', …' : ''
  throw finalFailure({
    type: 'ITEMS_FAILED',
    message: `${count} ${count === 1 ? 'item' : 'items'} of the source failed, by number from 0: ${named}${more}`,
    remedy:
      'The run of each, its id ending in the number, says why. Nothing was published; the others are landed, and the next run of this partition uses that.',
  })
}
