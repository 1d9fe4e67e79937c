import { html } from 'hono/html'
import { formatCount } from '../../format-number.ts'
import type { Html } from './page.ts'
import { pathSegment } from './path-segment.ts'
import type { SettledState } from './settled-states.ts'

/** Of a strip among others. */
export const stripLength = 30

const signs: Readonly<Record<string, string>> = { loaded: '✓', running: '▸' }

/** Where a pipeline and its partitions are shown. */
export function pipelinePath(pipeline: string): string {
  return `/datasets/${pathSegment(pipeline)}`
}

/** Where a partition of a pipeline is shown. */
export function partitionPath(pipeline: string, partition: string): string {
  return `${pipelinePath(pipeline)}/${pathSegment(partition)}`
}

/** Partitions side by side, the oldest first, each a link that says how it stands. */
export function partitionStrip(pipeline: string, newestFirst: readonly SettledState[]): Html {
  const hasTargets = new Set(newestFirst.map(({ target }) => target)).size > 1
  return html`<ul class="strip" aria-label="Partitions of ${pipeline}, oldest first">
    ${newestFirst.toReversed().map((one) => {
      const said = describe(one, hasTargets)
      const href = partitionPath(pipeline, one.partition)
      // In one line: a page may have thousands.
      return html`<li>
        ${html`<a class="${one.state in signs ? one.state : 'failed'}" href="${href}" title="${said}" aria-label="${said}">${signs[one.state] ?? '✕'}</a>`}
      </li>`
    })}
  </ul>`
}

function describe(state: SettledState, hasTargets: boolean): string {
  const { partition, failureCode, load, target } = state
  const code = failureCode === null ? '' : ` (${failureCode})`
  const rows = load === null ? '' : `, ${formatCount(load.rowsStaged)} rows in the table`
  return `${partition}: ${state.state}${code}${rows}${hasTargets ? `, ${target}` : ''}`
}
