import type { GraphProgress, LoadProgress } from '../../workflows/index.ts'
import { formatBytes, formatCount } from '../format-number.ts'
import { firstOf } from './first-of.ts'

const barCells = 12
const mostNamed = 3

/** How far the stages behind fetching have come: a source tells no total, so batches are the measure. */
export function describeProgress(progress: LoadProgress): string {
  const { phase, batchesFetched, batchesStaged, items, itemsLoaded = 0, waitingFor } = progress
  if (phase === 'waiting') return `waiting for ${named(waitingFor ?? [])}`
  const isOfMany = items !== undefined && items > 1
  const [done, all] = isOfMany ? [itemsLoaded, items] : [batchesStaged, batchesFetched]
  const share = shareOf(phase, all === 0 ? 0 : done / all)
  return [
    `${(progress.paused === true ? 'paused' : phase).padEnd(10)} ${bar(share)}`,
    // Of many files each tells of itself when it is loaded.
    ...(isOfMany ? [`${itemsLoaded} of ${formatCount(items)} items`] : []),
    `${formatCount(progress.pages)} pages`,
    formatBytes(progress.sourceBytes),
    `${formatCount(progress.rowsStaged)} of ${formatCount(progress.rows)} rows staged`,
  ].join('  ')
}

/** Of what is to be done before a load is sealed. */
function shareOf(phase: LoadProgress['phase'], staged: number): number {
  if (phase === 'preparing') return 0
  return phase === 'loading' ? staged : 1
}

/** How many loads of a graph have ended, and which ones run. */
export function describeGraph({ loads }: GraphProgress): string {
  const of = (...states: string[]): string[] =>
    Object.keys(loads).filter((pipeline) => states.includes(loads[pipeline] ?? ''))
  const ended = of('loaded', 'failed', 'skipped').length
  const all = Object.keys(loads).length
  const failed = of('failed')
  return [
    bar(all === 0 ? 1 : ended / all),
    `${ended} of ${all} have ended`,
    ...(of('running').length > 0 ? [`running ${named(of('running'))}`] : []),
    ...(of('waiting').length > 0 ? [`${of('waiting').length} waiting`] : []),
    ...(failed.length > 0 ? [`failed ${named(failed)}`] : []),
  ].join('  ')
}

function bar(share: number): string {
  const full = Math.round(share * barCells)
  return '█'.repeat(full) + '░'.repeat(barCells - full)
}

function named(names: readonly string[]): string {
  return firstOf(names, mostNamed)
}
