import { html } from 'hono/html'
import type { PipelineDefinition } from '../../../activities/pipeline-definition.ts'
import { partitionStates } from '../../targets/postgres/partition-states.ts'
import { findSchedule } from '../../client/applied-schedule.ts'
import { readLedger, type MissedSlice } from '../../client/schedule-ledger.ts'
import { listDatasets, type ListedDataset } from '../../inspect/datasets/list-datasets.ts'
import { loadPipeline } from '../../pipeline/load-pipeline.ts'
import { PIPELINE_NAME } from '../../pipeline/pipeline-name.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { catchUpHint } from './catch-up-hint.ts'
import { datasetPorts } from './dataset-ports.ts'
import { datasetsTable } from './datasets-table.ts'
import { known, type Known } from './known.ts'
import { page, type Html } from './page.ts'
import type { PageServices } from './page-services.ts'
import { partitionPath, partitionStrip } from './partition-strip.ts'
import { runLink } from './run-path.ts'
import { settledStates, type SettledState } from './settled-states.ts'
import { shownKnown, shownState, shownTable, shownTime } from './shown.ts'

/** A year of nights, and more. */
const mostPartitions = 400
const mostDatasets = 50

/** One pipeline: every partition, how it stands, and which of those that were due are missing. */
export const pipelineDatasetsPage = page({
  path: '/datasets/:name',
  async data({ path: { name = '' } }, services) {
    const { directories } = services
    // No such name was ever a pipeline's.
    if (!PIPELINE_NAME.test(name)) await loadPipeline(name, directories)
    const [file, partitions, missed] = await Promise.all([
      known(() => loadPipeline(name, directories)),
      known(() => statesOf(name, services)),
      known(() => missedSlices(name, services)),
    ])
    const isCatalogued = partitions.kind === 'known' && partitions.value.length > 0
    const datasets = isCatalogued ? undefined : await known(() => datasetsOf(name, services))
    const isNowhere = !isCatalogued && datasets?.kind === 'known' && datasets.value.length === 0
    // What has no file and has left nothing is none.
    if (isNowhere && file.kind === 'unknown') await loadPipeline(name, directories)
    return { name, file: ofFile(file), partitions, missed, datasets }
  },
  content({ name, file, partitions, missed, datasets }) {
    return {
      title: name,
      // The store is listed less often.
      refreshSeconds: datasets === undefined ? 10 : 60,
      body: html`<h1>${name}</h1>
        ${shownKnown(file, shownFile)}
        <div id="partitions" data-live>
          ${shownKnown(missed, (slices) => shownMissed(name, slices))}
          ${
            partitions.kind === 'known' && partitions.value.length === 0
              ? ''
              : shownKnown(partitions, (states) => shownPartitions(name, states))
          }
        </div>
        ${
          datasets === undefined
            ? ''
            : html`<h2>Datasets</h2>
                <div id="datasets" data-live>
                  ${shownKnown(datasets, (listed) =>
                    datasetsTable(listed, 'Nothing has been loaded yet.'),
                  )}
                </div>`
        }`,
    }
  },
})

interface FileFacts {
  readonly description: string | undefined
  readonly mode: string
  readonly schedule: PipelineDefinition['schedule']
}

/** A file that is gone or wrong hides nothing of what was loaded. */
function ofFile(file: Known<PipelineDefinition>): Known<FileFacts> {
  if (file.kind === 'unknown') return file
  const { description, target, schedule } = file.value
  return { kind: 'known', value: { description, mode: target.mode, schedule } }
}

function shownFile({ description }: FileFacts): Html {
  return description === undefined ? html`` : html`<p>${description}</p>`
}

function shownPartitions(name: string, states: readonly SettledState[]): Html {
  return html`<h2>Partitions</h2>
    ${partitionStrip(name, states)}
    ${shownTable({
      caption: `Partitions of ${name}, the newest first`,
      header: ['Partition', 'State', 'Rows in the table', 'Rejected', 'Loaded', 'Into', 'Run'],
      rows: states.map(({ partition, state, failureCode, load, target, workflowId }) => [
        html`<a href="${partitionPath(name, partition)}">${partition}</a>`,
        html`${shownState(state)} ${failureCode === null ? '' : html`<code>${failureCode}</code>`}`,
        load?.rowsStaged ?? '',
        load?.rowsRejected ?? '',
        shownTime(load?.publishedAt),
        html`<code>${target}</code>`,
        workflowId === null ? '' : runLink(workflowId),
      ]),
      nothing: '',
    })}
    ${
      states.length < mostPartitions
        ? ''
        : html`<p class="nothing">
            The newest ${mostPartitions}; <code>claimcheck loads ls --pipeline ${name}</code> lists
            all.
          </p>`
    }`
}

function shownMissed(name: string, missed: readonly MissedSlice[]): Html {
  if (missed.length === 0) return html``
  return html`<h2>Due and not loaded</h2>
    ${shownTable({
      caption: 'Partitions that are due and not loaded',
      header: ['Partition', 'State', 'Due'],
      rows: missed.map(({ name: partition, state, dueAt, isOverdue }) => [
        html`<a href="${partitionPath(name, partition)}">${partition}</a>`,
        html`${shownState(state)}${isOverdue ? ', overdue' : ''}`,
        shownTime(dueAt),
      ]),
      nothing: '',
    })}
    ${catchUpHint}`
}

async function statesOf(
  pipeline: string,
  { client, database }: PageServices,
): Promise<readonly SettledState[]> {
  const request = { pipeline, limit: mostPartitions }
  const states = (await database?.list((session) => partitionStates(session, request))) ?? []
  return settledStates(states, client)
}

/** Of a pipeline that the catalog has nothing of: one that writes Parquet files, say. */
async function datasetsOf(
  pipeline: string,
  services: PageServices,
): Promise<readonly ListedDataset[]> {
  const { signal } = services
  return listDatasets(datasetPorts(services), { pipeline, limit: mostDatasets, signal })
}

async function missedSlices(
  pipeline: string,
  { client: connect, schedules, coverage, signal }: PageServices,
): Promise<readonly MissedSlice[]> {
  if (coverage === undefined) return []
  const client = await connect()
  return askTemporal(client, async () => {
    const applied = await findSchedule(schedules(client), pipeline)
    if (applied === undefined) return []
    return (await readLedger(applied, { client, coverage, now: new Date(), signal })).missed
  })
}
