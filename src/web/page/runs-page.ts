import { html } from 'hono/html'
import { z } from 'zod'
import { listRuns } from '../../client/list-runs.ts'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { requestInvalid } from '../api/request-invalid.ts'
import { filterOf } from '../api/run-routes.ts'
import { stateSchema } from '../api/shown-run.ts'
import { page } from './page.ts'
import { runsTable } from './runs-table.ts'

const pageSize = 50

/** An empty field of a form is one that was not filled in. */
const field = z
  .string()
  .max(4000)
  .optional()
  .transform((text) => (text === '' ? undefined : text))

const querySchema = z.object({
  pipeline: field,
  partition: field,
  next: field,
  state: field.pipe(stateSchema.optional()),
})

/** Runs, the latest first, by pipeline, partition and state. */
export const runsPage = page({
  path: '/runs',
  isOfApi: true,
  async data({ query }, services) {
    const filter = querySchema.safeParse(query)
    if (!filter.success) throw requestInvalid('the filter is none that this page has')
    const { state, next, ...names } = filter.data
    const client = await services.client()
    const request = { ...(await filterOf(names, services)), state, pageSize, pageToken: next }
    const [listed, pipelines] = await Promise.all([
      askTemporal(client, () => listRuns(client, request)),
      listPipelines(services.directories),
    ])
    const known = new Set(pipelines.map(({ name }) => name))
    if (names.pipeline !== undefined) known.add(names.pipeline)
    return { filter: filter.data, ...listed, pipelines: [...known].toSorted() }
  },
  content({ filter, runs, next, pipelines }) {
    const chosen = (is: boolean) => (is ? html`selected` : '')
    return {
      title: 'Runs',
      refreshSeconds: filter.next === undefined ? 10 : undefined,
      body: html`<h1>Runs</h1>
        <form class="filter" method="get" action="/runs">
          <label
            >Pipeline
            <select name="pipeline">
              <option value="">all</option>
              ${pipelines.map(
                (name) =>
                  html`<option ${chosen(filter.pipeline === name)} value="${name}">
                    ${name}
                  </option>`,
              )}
            </select></label
          >
          <label
            >Partition <input name="partition" value="${filter.partition ?? ''}" size="14"
          /></label>
          <label
            >State
            <select name="state">
              <option value="">all</option>
              ${stateSchema.options.map(
                (state) =>
                  html`<option ${chosen(filter.state === state)} value="${state}">
                    ${state}
                  </option>`,
              )}
            </select></label
          >
          <button>Show</button>
        </form>
        <div id="runs" data-live>${runsTable('Runs', runs, 'There is no such run.')}</div>
        ${next === undefined ? '' : html`<p><a href="${nextPath(filter, next)}">Earlier runs</a></p>`}`,
    }
  },
})

function nextPath(filter: z.infer<typeof querySchema>, next: string): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...filter, next })) {
    if (value !== undefined) query.set(name, value)
  }
  return `/runs?${query.toString()}`
}
