import { html } from 'hono/html'
import { listRuns, type ListedRun } from '../../client/list-runs.ts'
import { listPipelines } from '../../pipeline/list-pipelines.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { shownPipeline } from '../api/pipeline-routes.ts'
import { catchUpHint } from './catch-up-hint.ts'
import { known, type Known } from './known.ts'
import { page, type Html } from './page.ts'
import type { PageServices } from './page-services.ts'
import { partitionPath, partitionStrip, pipelinePath, stripLength } from './partition-strip.ts'
import { runsTable } from './runs-table.ts'
import { settledStates, type SettledState } from './settled-states.ts'
import {
  shownUnreadable,
  unreadableSchedules,
  type UnreadableSchedule,
} from './unreadable-schedules.ts'
import { shownKnown, shownState, shownTable, shownTime } from './shown.ts'

const listedRuns = 10
const listedSlices = 50

/** What is going on, what failed, and what should have been loaded and is not. */
export const overviewPage = page({
  path: '/',
  async data(_, services) {
    const runs = (state: 'running' | 'failed') =>
      known(async () => {
        const client = await services.client()
        const request = { state, pageSize: listedRuns }
        return (await askTemporal(client, () => listRuns(client, request))).runs
      })
    const [pipelines, running, failed, overdue, partitions] = await Promise.all([
      listPipelines(services.directories),
      runs('running'),
      runs('failed'),
      known(() => trouble(services)),
      known(() => newestStates(services)),
    ])
    return { pipelines: pipelines.map(shownPipeline), running, failed, overdue, partitions }
  },
  content({ pipelines, running, failed, overdue, partitions }) {
    const states = partitions.kind === 'known' ? partitions.value : []
    const ofPipeline = Map.groupBy(states, ({ pipeline }) => pipeline)
    const strip = (name: string, kind?: string): Html | string => {
      const own = ofPipeline.get(name)
      if (own !== undefined) return partitionStrip(name, own)
      if (kind === 'parquet') return html`<a href="${pipelinePath(name)}">its datasets</a>`
      return partitions.kind === 'known' ? 'nothing yet' : 'not known'
    }
    const names = new Set(pipelines.map(({ name }) => name))
    const withoutFile = [...ofPipeline.keys()].filter((name) => !names.has(name))
    return {
      title: 'Overview',
      refreshSeconds: 10,
      body: html`<h1>Overview</h1>
        <p id="numbers" data-live>
          <a href="#running">${numberOf(running)} running</a>,
          <a href="#failed">${numberOf(failed)} failed lately</a>
        </p>
        <div id="overdue" data-live>${shownKnown(overdue, shownTrouble)}</div>
        <h2>Pipelines</h2>
        <div id="pipelines" data-live>
          ${partitions.kind === 'unknown' ? shownKnown(partitions, () => html``) : ''}
          ${shownTable({
            caption: 'Pipelines',
            header: ['Pipeline', 'Loads', `Last ${stripLength} partitions`],
            rows: [
              ...pipelines.map(({ name, target, problem }) => [
                html`<a href="${pipelinePath(name)}">${name}</a>`,
                problem === undefined
                  ? html`<code>${target?.place}</code> ${target?.mode}`
                  : html`${shownState('wrong')} <code>${problem.code}</code>`,
                strip(name, target?.kind),
              ]),
              ...withoutFile.map((name) => [
                html`<a href="${pipelinePath(name)}">${name}</a>`,
                html`<span class="nothing">no file</span>`,
                strip(name),
              ]),
            ],
            nothing: 'There is no pipeline file in the searched directories.',
          })}
        </div>
        <h2>Running</h2>
        <div id="running" data-live>
          ${shownKnown(running, (runs) => runsTable('Running', runs, 'Nothing runs.'))}
        </div>
        <h2>Failed lately</h2>
        <div id="failed" data-live>
          ${shownKnown(failed, (runs) => runsTable('Failed', runs, 'No run has failed.'))}
        </div>`,
    }
  },
})

function numberOf(runs: Known<readonly ListedRun[]>): string {
  if (runs.kind === 'unknown') return '?'
  const { length } = runs.value
  return length < listedRuns ? String(length) : `${length} or more`
}

/** Of schedules: what is overdue, and which cannot be read, so that nobody knows. */
async function trouble({ scheduleReadings }: PageServices): Promise<ScheduleTrouble> {
  const readings = await scheduleReadings()
  return {
    slices: readings.flatMap((reading) => {
      if (reading.kind === 'failed') return []
      const { pipeline, missed } = reading.status
      return missed
        .filter(({ isOverdue }) => isOverdue)
        .map(({ name: partition, dueAt, state }) => ({ pipeline, partition, dueAt, state }))
    }),
    unreadable: unreadableSchedules(readings),
  }
}

interface ScheduleTrouble {
  readonly slices: readonly {
    readonly pipeline: string
    readonly partition: string
    readonly dueAt: string
    readonly state: string
  }[]
  readonly unreadable: readonly UnreadableSchedule[]
}

/** Nothing where no database is known: then the page shows runs alone. */
async function newestStates({ client, database }: PageServices): Promise<readonly SettledState[]> {
  return settledStates((await database?.newestStates()) ?? [], client)
}

function shownTrouble({ slices, unreadable }: ScheduleTrouble): Html {
  const shown = slices.slice(0, listedSlices)
  return html`${unreadable.map(shownUnreadable)}
  ${
    slices.length === 0
      ? ''
      : html`<p class="alert">
            <strong
              >${slices.length === 1 ? '1 partition is' : `${slices.length} partitions are`}
              overdue:</strong
            >
            due, and neither loaded nor on their
            way${slices.length > shown.length ? `; the first ${shown.length}` : ''}.
          </p>
          ${shownTable({
            caption: 'Overdue partitions',
            header: ['Pipeline', 'Partition', 'State', 'Due'],
            rows: shown.map(({ pipeline, partition, state, dueAt }) => [
              html`<a href="${pipelinePath(pipeline)}">${pipeline}</a>`,
              html`<a href="${partitionPath(pipeline, partition)}">${partition}</a>`,
              shownState(state),
              shownTime(dueAt),
            ]),
            nothing: '',
          })}
          ${catchUpHint}`
  }`
}
