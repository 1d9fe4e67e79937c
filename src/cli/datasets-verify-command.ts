import type { Command } from '@commander-js/extra-typings'
import { styleText } from 'node:util'
import { landingPrefix } from '../../activities/bucket-layout.ts'
import { readDatasetFacts } from '../../activities/retention/dataset-facts.ts'
import {
  listDatasetFolders,
  type DatasetFolder,
} from '../../activities/retention/dataset-folders.ts'
import { EXIT_CODES } from '../exit-code.ts'
import {
  checkLanding,
  type CheckedLanding,
  type LandingPlace,
} from '../inspect/datasets/check-landing.ts'
import { findDataset } from '../inspect/datasets/find-dataset.ts'
import { findKnownLoads } from '../inspect/datasets/find-known-loads.ts'
import { verifyDataset, type VerifiedDataset } from '../inspect/datasets/verify-dataset.ts'
import { withDatasets, type DatasetsSession } from './datasets-session.ts'
import { formatCount, formatCounted } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { readDatasetPrefix } from './read-dataset-prefix.ts'
import { tableCell } from './table-cell.ts'

/** `datasets verify`: reads them, and names what is not as it was written. */
export function addVerifyDatasetsCommand(datasets: Command): void {
  datasets
    .command('verify')
    .description('read datasets and name each object that is damaged or missing')
    .argument('[dataset]', 'the id of one, or how that begins', readDatasetPrefix)
    .option('--pipeline <name>', 'all of this pipeline')
    .option('--all', 'all that are in the store')
    .option('--landing', 'what they were made from too')
    .option('--json', 'print one JSON object a dataset, then a summary')
    .action((prefix, { pipeline, all = false, landing = false, json = false }, command) => {
      if (
        [prefix, pipeline, all || undefined].filter((choice) => choice !== undefined).length !== 1
      ) {
        command.error('error: give either a dataset, or --pipeline, or --all')
      }
      return withDatasets(async (session) => {
        const { store, signal } = session
        const folders =
          prefix === undefined
            ? await listDatasetFolders(store, { pipeline }, { signal })
            : [await findDataset(store, prefix, { signal })]
        const counts = { intact: 0, damaged: 0, gone: 0 }
        const landings: Landings = new Map()
        for (const folder of folders) {
          const verified = await verify(session, folder, landing ? landings : undefined)
          session.progress.end()
          counts[verified?.verdict ?? 'gone'] += 1
          if (verified !== undefined) print(verified, json)
        }
        const landingsGone = [...landings.values()].filter(({ isGone }) => isGone).length
        const summary = { ...counts, ...(landing ? { landingsGone } : {}) }
        if (json) printJson({ type: 'summary', ...summary })
        else process.stderr.write(`${describe(summary)}\n`)
        if (counts.damaged > 0) process.exitCode = EXIT_CODES.damage
      })
    })
}

type Landings = Map<string, CheckedLanding>

/** @param landings What was found of those that were looked at; undefined where they are not to be. */
async function verify(
  session: DatasetsSession,
  folder: DatasetFolder,
  landings: Landings | undefined,
): Promise<VerifiedDataset | undefined> {
  const { store, loads, progress, signal } = session
  const { datasetId } = folder
  return verifyDataset(store, {
    folder,
    async loads() {
      const { pinned } = await readDatasetFacts(store, folder, { signal })
      const asked = pinned === undefined ? [] : [{ datasetId, target: pinned.definition.target }]
      return (await findKnownLoads(loads, asked, signal)).get(datasetId) ?? 'unknown'
    },
    landing: landings && ((place) => landingOf(session, place, landings)),
    onPart: (done, of) => progress.show(() => `${datasetId} part ${done + 1} of ${of}`),
    signal,
  })
}

/** Each is looked at once, however many datasets were made from it. */
async function landingOf(
  { store, namespace, progress, signal }: DatasetsSession,
  landing: LandingPlace,
  landings: Landings,
): Promise<CheckedLanding> {
  const prefix = landingPrefix(landing)
  const place = { store, namespace, encryption: undefined, signal }
  const onObject = (objects: number) => progress.show(() => `${prefix} ${objects} objects`)
  const found = landings.get(prefix) ?? (await checkLanding(place, landing, onObject))
  landings.set(prefix, found)
  return found
}

interface Summary extends Record<'intact' | 'damaged' | 'gone', number> {
  readonly landingsGone?: number
}

function describe({ intact, damaged, gone, landingsGone = 0 }: Summary): string {
  const datasets = formatCounted(intact + damaged, 'dataset')
  const found = `${datasets}: ${formatCount(intact)} intact, ${formatCount(damaged)} damaged`
  const parts = [found]
  if (gone > 0) parts.push(`${formatCount(gone)} deleted meanwhile`)
  if (landingsGone > 0) parts.push(`${formatCounted(landingsGone, 'landing')} not in the store`)
  return parts.join('; ')
}

function print(verified: VerifiedDataset, json: boolean): void {
  if (json) {
    printJson({ type: 'verified', ...verified })
    return
  }
  const { verdict, state, pipeline, partition, datasetId, parts, damage } = verified
  const label = styleText(verdict === 'intact' ? 'green' : 'red', verdict)
  const what = `${state} ${pipeline} ${partition} ${datasetId}, ${formatCounted(parts, 'part')}`
  const lines = damage.map(({ key, problem }) => `  ${tableCell(`${key} ${problem}`)}`)
  process.stdout.write([`${label} ${what}`, ...lines, ''].join('\n'))
}
