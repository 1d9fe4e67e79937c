import { html } from 'hono/html'
import { headDataset, headRejects, type DatasetHead } from '../../inspect/datasets/head-dataset.ts'
import { listDatasets, type DatasetState } from '../../inspect/datasets/list-datasets.ts'
import { showDataset, type ShownDataset } from '../../inspect/datasets/show-dataset.ts'
import { listDatasetFolders } from '../../../activities/retention/dataset-folders.ts'
import type { RejectedRecord } from '../../../activities/index.ts'
import { partitionWorkflowId } from '../../../workflows/partition-workflow-id.ts'
import { listRuns, type ListedRun } from '../../client/list-runs.ts'
import { CommandError } from '../../command-error.ts'
import { PIPELINE_NAME } from '../../pipeline/pipeline-name.ts'
import { listLoads, type LoadRecord } from '../../targets/postgres/list-loads.ts'
import { formatCount } from '../../format-number.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { requestInvalid } from '../api/request-invalid.ts'
import { datasetPorts } from './dataset-ports.ts'
import { datasetsTable } from './datasets-table.ts'
import { known, type Known } from './known.ts'
import { page, type Html } from './page.ts'
import type { PageServices } from './page-services.ts'
import { pipelinePath } from './partition-strip.ts'
import { pathSegment } from './path-segment.ts'
import { runsTable } from './runs-table.ts'
import { shownRows } from './shown-rows.ts'
import { shownKnown, shownState, shownTable, shownTime } from './shown.ts'

const mostDatasets = 50
const mostRuns = 20
const previewRows = 20
const shownParts = 200

/** One partition: what was loaded, the datasets that were made of it, and what is in one of them. */
export const partitionPage = page({
  path: '/datasets/:name/:partition',
  async data({ path: { name = '', partition = '' }, query }, services) {
    const { signal, database } = services
    requireNames(name, partition)
    const ports = datasetPorts(services)
    const place = { pipeline: name, partition }
    const request = { ...place, limit: mostDatasets, signal }
    const [runs, loads, datasets] = await Promise.all([
      known(() => runsOf(place, services)),
      known(async () => (await database?.list((asked) => listLoads(asked, request))) ?? []),
      known(() => listDatasets(ports, request)),
    ])
    const listed = datasets.kind === 'known' ? datasets.value : []
    // Of one that failed, what was set aside may say why.
    const newest = (wanted: DatasetState) => listed.find(({ state }) => state === wanted)?.datasetId
    const chosen = query['dataset'] ?? newest('sealed') ?? newest('unfinished')
    const dataset =
      chosen === undefined
        ? undefined
        : await known(() => lookInto({ ...place, datasetId: chosen }, ports, services))
    return { name, partition, runs, loads, datasets, dataset }
  },
  content({ name, partition, runs, loads, datasets, dataset }) {
    return {
      title: `${name} ${partition}`,
      refreshSeconds: isUnderWay(runs) ? 10 : undefined,
      body: html`<p><a href="${pipelinePath(name)}">${name}</a></p>
        <h1>${name} ${partition}</h1>
        <div id="runs" data-live>
          <h2>Runs</h2>
          ${shownKnown(runs, (listed) =>
            runsTable('Runs', listed, 'Temporal has no run of this partition any more.'),
          )}
        </div>
        <div id="loads" data-live>
          <h2>Loads</h2>
          ${shownKnown(loads, shownLoadRecords)}
        </div>
        <div id="datasets" data-live>
          <h2>Datasets</h2>
          ${shownKnown(datasets, (listed) => datasetsTable(listed, 'The store has no dataset of this partition.'))}
        </div>
        <div id="dataset" data-live>
          ${dataset === undefined ? '' : shownKnown(dataset, shownInside)}
        </div>`,
    }
  },
})

interface Inside {
  readonly facts: ShownDataset
  readonly head: DatasetHead
  readonly rejects: readonly RejectedRecord[]
}

/** Names of pipelines and partitions are a part of keys as they are, and are safe there. */
function requireNames(name: string, partition: string): void {
  if (!PIPELINE_NAME.test(name) || !/^[\w.:+-]+$/.test(partition)) {
    throw requestInvalid('no pipeline and no partition has such a name')
  }
}

interface PartitionPlace {
  readonly pipeline: string
  readonly partition: string
}

function isUnderWay(runs: Known<readonly ListedRun[]>): boolean {
  return runs.kind === 'known' && runs.value.some(({ closedAt }) => closedAt === undefined)
}

async function runsOf(place: PartitionPlace, { client: connect }: PageServices) {
  const client = await connect()
  const workflowIds = [partitionWorkflowId(place.pipeline, place.partition)]
  const request = { workflowIds, subject: place, pageSize: mostRuns }
  return (await askTemporal(client, () => listRuns(client, request))).runs
}

async function lookInto(
  { pipeline, partition, datasetId }: PartitionPlace & { readonly datasetId: string },
  ports: Parameters<typeof showDataset>[0],
  { store, signal, duckDb }: PageServices,
): Promise<Inside> {
  const folders = await listDatasetFolders(store, { pipeline, partition }, { signal })
  const folder = folders.find((one) => one.datasetId === datasetId)
  if (folder === undefined) throw datasetNotFound()
  const request = { rows: previewRows, signal }
  return {
    facts: await showDataset(ports, folder, signal),
    head: await headDataset({ store, duckDb: await duckDb() }, folder, request),
    rejects: await headRejects(store, folder, request),
  }
}

/** Folded, since there may be hundreds. */
function shownColumns({ columns }: ShownDataset): Html {
  if (columns === null) return html``
  return html`<details>
    <summary>${columns.length === 1 ? '1 column' : `${columns.length} columns`}</summary>
    ${shownTable({
      caption: 'Columns of the dataset',
      header: ['Column', 'Type', 'Key'],
      rows: columns.map(({ name, type, key }) => [
        html`<code>${name}</code>`,
        type,
        key ? 'key' : '',
      ]),
      nothing: 'It has no columns.',
    })}
  </details>`
}

function shownMoreRejects({ datasetId }: ShownDataset): Html {
  return html`<p class="nothing">
    The first ${previewRows}; <code>claimcheck datasets head ${datasetId} --rejects</code> shows
    more.
  </p>`
}

function counted(count: number | null): string {
  return count === null ? 'not known' : formatCount(count)
}

function datasetNotFound(): CommandError {
  return new CommandError('DATASET_NOT_FOUND', 'the partition has no dataset of that id', {
    remedy: 'Choose one of those that are listed.',
  })
}

function shownLoadRecords(loads: readonly LoadRecord[]): Html {
  return shownTable({
    caption: 'Loads',
    header: [
      'Into',
      'Mode',
      'Inserted',
      'Updated',
      'Unchanged',
      'Deleted',
      'Rejected',
      'Loaded',
      'Dataset',
    ],
    rows: loads.map((load) => [
      html`<code>${load.target}</code>`,
      load.mode,
      load.rowsInserted,
      load.rowsUpdated,
      load.rowsUnchanged,
      load.rowsDeleted,
      load.rowsRejected ?? '',
      shownTime(load.publishedAt),
      html`<a class="mono" href="?dataset=${load.datasetId}">${load.datasetId.slice(0, 8)}</a>`,
    ]),
    nothing: 'Nothing of this partition has been loaded into a table.',
  })
}

function shownInside({ facts, head, rejects }: Inside): Html {
  const { madeFrom, records } = facts
  return html`<h2>Dataset <code>${facts.datasetId}</code></h2>
    <dl>
      <dt>Records served</dt>
      <dd>${counted(records.served)}</dd>
      <dt>Rows</dt>
      <dd>${counted(records.rows)}</dd>
      <dt>Rejected</dt>
      <dd>${counted(records.rejected)}</dd>
      ${
        facts.missingFields.length === 0
          ? ''
          : html`<dt>In no record</dt>
              <dd>${facts.missingFields.join(', ')}</dd>`
      }
      ${
        facts.discardedFields.length === 0
          ? ''
          : html`<dt>Left out</dt>
              <dd>${facts.discardedFields.join(', ')}</dd>`
      }
      <dt>Made from</dt>
      <dd>
        ${madeFrom.landing === null ? 'not known' : html`<code>${madeFrom.landing}</code>`}
        ${
          madeFrom.reprocessed === null
            ? ''
            : html`(made again of dataset <code>${madeFrom.reprocessed}</code>)`
        }
      </dd>
      <dt>Manifest</dt>
      <dd>
        ${facts.manifest === null ? 'not sealed' : html`<a class="mono" href="/blobs/${pathSegment(facts.manifest)}">${facts.manifest}</a>`}
      </dd>
    </dl>
    ${shownColumns(facts)}
    <h2>First rows</h2>
    ${shownRows(
      'First rows of the dataset',
      head.columns,
      head.rows.map(({ values }) => values),
    )}
    ${
      rejects.length === 0
        ? ''
        : html`<h2>Rejected records</h2>
            ${shownTable({
              caption: 'First rejected records',
              header: ['Page', 'Record', 'Reason', 'As it came'],
              rows: rejects.map(({ page: key, record, reason, fields, raw }) => [
                html`<code>${key.split('/').at(-1)}</code>`,
                record,
                reason,
                html`<code>${(fields ?? raw ?? '').slice(0, 500)}</code>`,
              ]),
              nothing: '',
            })}
            ${rejects.length < previewRows ? '' : shownMoreRejects(facts)}`
    }
    <h2>Parts</h2>
    ${shownTable({
      caption: 'Parts of the dataset',
      header: ['Part', 'Rows', 'Size', 'Object', 'Trouble'],
      rows: facts.parts
        .slice(0, shownParts)
        .map(({ partNumber, rows, sizeBytes, key, problem }) => [
          partNumber,
          rows,
          { bytes: sizeBytes },
          html`<a class="mono" href="/blobs/${pathSegment(key)}">${key}</a>`,
          problem === null ? '' : html`${shownState('damaged')} ${problem}`,
        ]),
      nothing: 'It has no parts.',
    })}
    ${
      facts.parts.length > shownParts
        ? html`<p class="nothing">
            The first ${shownParts} of ${facts.parts.length}; the data of this page has all.
          </p>`
        : ''
    }`
}
