import { html } from 'hono/html'
import { z } from 'zod'
import { showHistories, showRun } from '../../client/show-run.ts'
import { isPausable } from '../../client/run-types.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { linksOf } from '../api/run-routes.ts'
import { shownRun, type ShownRun } from '../api/shown-run.ts'
import { formatBytes, formatCount } from '../../format-number.ts'
import { known } from './known.ts'
import { page, type Html } from './page.ts'
import { partitionPath } from './partition-strip.ts'
import { runPagePath } from './run-path.ts'
import { shownHistories, shownPending, shownTrouble } from './run-troubles.ts'
import { shownKnown, shownMoment, shownProblem, shownSpan, shownState } from './shown.ts'

/** One run: how far it is, or how it ended, and what it takes to go on. */
export const runPage = page({
  path: '/runs/:id',
  isOfApi: true,
  async data({ path: { id = '' } }, services) {
    const client = await services.client()
    const run = shownRun(await askTemporal(client, () => showRun(client, id)))
    const histories = await known(() => askTemporal(client, () => showHistories(client, id)))
    return { ...run, links: linksOf(run, services), histories }
  },
  content(run) {
    const { workflowId, state, failure, links, histories } = run
    const isOpen = run.closedAt === undefined
    const place = placeOf(workflowId)
    return {
      title: workflowId,
      events: isOpen ? links.events : undefined,
      // While nothing changes the time goes by.
      refreshSeconds: isOpen ? 30 : undefined,
      body: html`<h1 class="mono">${workflowId}</h1>
        <div id="run" data-live data-news="${state}">
          ${run.workflowTask === undefined ? '' : shownTrouble(run.workflowTask)}
          ${
            failure === undefined
              ? ''
              : html`<p class="alert" role="alert">${shownProblem(failure)}</p>`
          }
          <dl>
            <dt>State</dt>
            <dd>${shownState(state)}</dd>
            <dt>Type</dt>
            <dd>${run.type}</dd>
            <dt>Started</dt>
            <dd>${shownMoment(run.startedAt)}</dd>
            ${
              run.closedAt === undefined
                ? ''
                : html`<dt>Ended</dt>
                    <dd>${shownMoment(run.closedAt)}</dd>`
            }
            <dt>${isOpen ? 'Running for' : 'Took'}</dt>
            <dd>
              ${shownSpan(
                (run.closedAt === undefined ? Date.now() : Date.parse(run.closedAt)) -
                  Date.parse(run.startedAt),
              )}
            </dd>
            ${
              place === undefined
                ? ''
                : html`<dt>Partition</dt>
                    <dd><a href="${partitionPath(...place)}">${place.join(' ')}</a></dd>`
            }
            ${
              links.temporal === undefined
                ? ''
                : html`<dt>In Temporal</dt>
                    <dd><a href="${links.temporal}" rel="noreferrer">${run.latestRunId}</a></dd>`
            }
          </dl>
          ${shownTotals(run)}
        </div>
        <div id="controls" data-live>${isOpen ? shownControls(run) : ''}</div>
        <div id="pending" data-live>${shownPending(run.pendingActivities ?? [])}</div>
        <h2>Histories</h2>
        ${shownKnown(histories, shownHistories)}`,
    }
  },
})

/** Numbers that people know by these names; what else there is, is in the data of the page. */
const totals: readonly (readonly [string, string, (value: number) => string])[] = [
  ['rows', 'rows', formatCount],
  ['rowsStaged', 'rows staged', formatCount],
  ['rejects', 'rejected', formatCount],
  ['batchesFetched', 'batches fetched', formatCount],
  ['batchesStaged', 'batches staged', formatCount],
  ['pages', 'pages', formatCount],
  ['pagesFound', 'of them found again', formatCount],
  ['sourceBytes', 'from the source', formatBytes],
  ['storedBytes', 'stored', formatBytes],
]

const progressFields = z.object({
  phase: z.string().optional(),
  paused: z.boolean().optional(),
  waitingFor: z.array(z.string()).optional(),
  items: z.number().optional(),
  itemsLoaded: z.number().optional(),
  itemsFailed: z.number().optional(),
  missingFields: z.array(z.string()).optional(),
  discardedFields: z.array(z.string()).optional(),
})

function shownTotals({ progress, result }: ShownRun): Html {
  const numbers = progress ?? result
  if (numbers === undefined) return html``
  const fields = progressFields.safeParse(numbers).data ?? {}
  const { phase, paused, waitingFor = [], items, itemsLoaded = 0, itemsFailed = 0 } = fields
  const { missingFields = [], discardedFields = [] } = fields
  return html`<h2>${progress === undefined ? 'Result' : 'Progress'}</h2>
    ${phase === undefined ? '' : html`<p>${shownState(paused === true ? 'paused' : phase)}</p>`}
    ${waitingFor.length === 0 ? '' : html`<p>Waiting for ${waitingFor.join(', ')}.</p>`}
    ${missingFields.length === 0 ? '' : html`<p>In no record: ${missingFields.join(', ')}.</p>`}
    ${discardedFields.length === 0 ? '' : html`<p>Left out: ${discardedFields.join(', ')}.</p>`}
    ${
      items === undefined
        ? ''
        : html`<p>
            <label
              >${formatCount(itemsLoaded)} of ${formatCount(items)} items
              loaded${itemsFailed > 0 ? `, ${formatCount(itemsFailed)} failed` : ''}
              <progress max="${items}" value="${itemsLoaded + itemsFailed}"></progress
            ></label>
          </p>`
    }
    <div class="cards">
      ${totals.map(([name, label, format]) => {
        const value = numbers[name]
        return typeof value === 'number'
          ? html`<div class="card"><b>${format(value)}</b><span>${label}</span></div>`
          : ''
      })}
    </div>`
}

function shownControls({ workflowId, type }: ShownRun): Html {
  const path = runPagePath(workflowId)
  return html`<div class="actions">
    ${
      isPausable(type)
        ? html`<form method="post" action="${path}/-/pause"><button>Pause</button></form>
            <form method="post" action="${path}/-/resume"><button>Resume</button></form>`
        : ''
    }
    <form
      method="post"
      action="${path}/-/cancel"
      data-confirm="Cancel this run? What was staged is dropped; what was landed is kept."
    >
      <button class="danger">Cancel</button>
    </form>
  </div>`
}

/** The pipeline and partition that the id of a load names. */
function placeOf(workflowId: string): readonly [string, string] | undefined {
  const [, pipeline, partition] = /^etl\/([^/]+)\/([^/]+)$/.exec(workflowId) ?? []
  return pipeline === undefined || partition === undefined ? undefined : [pipeline, partition]
}
