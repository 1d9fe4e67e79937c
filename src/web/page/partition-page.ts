import { html } from 'hono/html'
import { headDataset, headRejects, type DatasetHead } from '../../inspect/datasets/head-dataset.ts'
import { listDatasets } from '../../inspect/datasets/list-datasets.ts'
import { showDataset, type ShownDataset } from '../../inspect/datasets/show-dataset.ts'
import { listDatasetFolders } from '../../../activities/retention/dataset-folders.ts'
import type { RejectedRecord } from '../../../activities/index.ts'
import { listRuns } from '../../client/list-runs.ts'
import { partitionWorkflowId } from '../../client/start-load.ts'
import { CommandError } from '../../command-error.ts'
import { PIPELINE_NAME } from '../../pipeline/pipeline-name.ts'
import { listLoads, type LoadRecord } from '../../targets/postgres/list-loads.ts'
import { formatCount } from '../../format-number.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { requestInvalid } from '../api/request-invalid.ts'
import { datasetPorts } from './dataset-ports.ts'
import { datasetsTable } from './datasets-table.ts'
import { known } from './known.ts'
import { page, type Html } from './page.ts'
import type { PageServices } from './page-services.ts'
import { pipelinePath } from './partition-strip.ts'
import { pathSegment } from './path-segment.ts'
import { runsTable } from './runs-table.ts'
import { shownBytes, shownKnown, shownRows, shownState, shownTable, shownTime } from './shown.ts'

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
      known(async () => (await database?.ask((asked) => listLoads(asked, request))) ?? []),
      known(() => listDatasets(ports, request)),
    ])
    const listed = datasets.kind === 'known' ? datasets.value : []
    const chosen = query['dataset'] ?? listed.find(({ state }) => state === 'sealed')?.datasetId
    const dataset =
      chosen === undefined
        ? undefined
        : await known(() => lookInto({ ...place, datasetId: chosen }, ports, services))
    return { name, partition, runs, loads, datasets, dataset }
  },
  content({ name, partition, runs, loads, datasets, dataset }) {
    return {
      title: `${name} ${partition}`,
      body: html`<p><a href="${pipelinePath(name)}">${name}</a></p>
        <h1>${name} ${partition}</h1>
        <h2>Runs</h2>
        ${shownKnown(runs, (listed) =>
          runsTable('Runs', listed, 'Temporal has no run of this partition any more.'),
        )}
        <h2>Loads</h2>
        ${shownKnown(loads, shownLoadRecords)}
        <h2>Datasets</h2>
        ${shownKnown(datasets, (listed) => datasetsTable(listed, 'The store has no dataset of this partition.'))}
        ${dataset === undefined ? '' : shownKnown(dataset, shownInside)}`,
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

function counted(count: number | null): string {
  return count === null ? 'not known' : formatCount(count)
}

function datasetNotFound(): CommandError {
  return new CommandError('DATASET_NOT_FOUND', 'the partition has no dataset of that id', {
    remedy: 'Choose one of those that are listed.',
  })
}

function shownLoadRecords(loads: readonly LoadRecord[]): Html {
  return shownTable(
    'Loads',
    [
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
    loads.map((load) => [
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
    'Nothing of this partition has been loaded into a table.',
  )
}

function shownInside({ facts, head, rejects }: Inside): Html {
  const { madeFrom, records } = facts
  return html`<h2>Dataset <code>${facts.datasetId}</code></h2>
    <dl>
      <dt>Records served</dt>
      <dd>${counted(records.served)}</dd>
      <dt>Rows, rejected</dt>
      <dd>${counted(records.rows)}, ${counted(records.rejected)}</dd>
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
    <h2>First rows</h2>
    ${shownRows(
      'First rows of the dataset',
      head.columns.map(({ name, type }) => `${name} ${type}`),
      head.rows.map(({ values }) =>
        values.map((value) => (value === null ? html`<span class="nothing">NULL</span>` : value)),
      ),
      'It has no rows.',
    )}
    ${
      rejects.length === 0
        ? ''
        : html`<h2>Rejected records</h2>
            ${shownTable(
              'First rejected records',
              ['Page', 'Record', 'Reason', 'As it came'],
              rejects.map(({ page: key, record, reason, raw }) => [
                html`<code>${key.split('/').at(-1)}</code>`,
                record,
                reason,
                html`<code>${raw?.slice(0, 500)}</code>`,
              ]),
              '',
            )}`
    }
    <h2>Parts</h2>
    ${shownTable(
      'Parts of the dataset',
      ['Part', 'Rows', 'Size', 'Object', 'Trouble'],
      facts.parts
        .slice(0, shownParts)
        .map(({ partNumber, rows, sizeBytes, key, problem }) => [
          partNumber,
          rows,
          shownBytes(sizeBytes),
          html`<a class="mono" href="/blobs/${pathSegment(key)}">${key}</a>`,
          problem === null ? '' : html`${shownState('damaged')} ${problem}`,
        ]),
      'It has no parts.',
    )}
    ${
      facts.parts.length > shownParts
        ? html`<p class="nothing">
            The first ${shownParts} of ${facts.parts.length}; the data of this page has all.
          </p>`
        : ''
    }`
}
