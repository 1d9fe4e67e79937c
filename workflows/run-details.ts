import { CancellationScope, condition, setCurrentDetails } from '@temporalio/workflow'
import type { GraphProgress } from './graph-progress.ts'
import type { LoadProgress } from './load-progress.ts'

/**
 * Shows in the Temporal UI what `describe` says, as it is after each turn of the workflow. Nothing is asked
 * of the server by that, and nothing of it stands in the history.
 */
export function showDetails(describe: () => string): void {
  void CancellationScope.nonCancellable(() =>
    // Looked at after each turn, and never met.
    condition(() => {
      setCurrentDetails(describe())
      return false
    }),
  )
}

/** How far a load, or the load of an item, has come: Markdown. */
export function loadDetails(progress: LoadProgress): string {
  const { phase, waitingFor = [], items, itemsLoaded = 0, itemsFailed = 0 } = progress
  const { rejects, undeclaredFields } = progress
  const state = progress.paused === true ? `${phase}, paused` : phase
  if (phase === 'waiting') return line('waiting for', names(waitingFor))
  return [
    line('phase', state),
    ...(items === undefined
      ? []
      : [line('items', `${count(itemsLoaded)} of ${count(items)} loaded`)]),
    ...(itemsFailed > 0 ? [line('items failed', count(itemsFailed))] : []),
    line(
      'batches',
      `${count(progress.batchesFetched)} fetched, ${count(progress.batchesStaged)} staged`,
    ),
    line('rows', `${count(progress.rows)} converted, ${count(progress.rowsStaged)} staged`),
    ...(rejects > 0 ? [line('rejected', count(rejects))] : []),
    ...(undeclaredFields === undefined
      ? []
      : [line('fields without a column', count(undeclaredFields))]),
    line('from the source', `${mebibytes(progress.sourceBytes)} in ${count(progress.pages)} pages`),
  ].join('')
}

/** How the loads of a graph stand: Markdown. */
export function graphDetails({ loads }: GraphProgress): string {
  const states = ['running', 'waiting', 'failed', 'skipped', 'loaded'] as const
  return states
    .map((state) => [state, Object.keys(loads).filter((name) => loads[name] === state)] as const)
    .filter(([, pipelines]) => pipelines.length > 0)
    .map(([state, pipelines]) => line(state, `${count(pipelines.length)}: ${names(pipelines)}`))
    .join('')
}

/** The UI shows a few lines well. */
const mostNamed = 20

function names(all: readonly string[]): string {
  const more = all.length - mostNamed
  const named = all.slice(0, mostNamed).join(', ')
  return more > 0 ? `${named} and ${count(more)} more` : named
}

function line(name: string, fact: string): string {
  return `- **${name}**: ${fact}\n`
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
