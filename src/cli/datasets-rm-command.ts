import type { Command } from '@commander-js/extra-typings'
import { deleteGarbage } from '../../activities/retention/delete-garbage.ts'
import { parkPlan } from '../../activities/retention/parked-plan.ts'
import { datasetPrefix } from '../../activities/bucket-layout.ts'
import type { DatasetFolder } from '../../activities/retention/dataset-folders.ts'
import { CommandError } from '../command-error.ts'
import { findDataset } from '../inspect/datasets/find-dataset.ts'
import { objectionsTo, removalSource } from '../inspect/datasets/removal.ts'
import { confirm } from './confirm.ts'
import { withDatasets, type DatasetsSession } from './datasets-session.ts'
import { formatBytes, formatCount } from './format.ts'
import { printJson } from './print-json.ts'
import { readDatasetPrefix } from './read-dataset-prefix.ts'

/** `datasets rm`: says what would go, and removes it where that is asked for. */
export function addRemoveDatasetCommand(datasets: Command): void {
  datasets
    .command('rm')
    .description('say what the removal of a dataset takes away; with --apply, remove it')
    .argument('<dataset>', 'its id, or how that begins', readDatasetPrefix)
    .option('--apply', 'remove it, with a line of the audit for each object')
    .option('--yes', 'do not ask before that')
    .option('--force', 'although something needs it')
    .option('--json', 'print one JSON object')
    .action((prefix, { apply = false, yes = false, force = false, json = false }, command) => {
      if (apply && !yes && !process.stdin.isTTY) {
        command.error('error: --apply needs --yes where nobody can be asked')
      }
      return withDatasets(async (session) => {
        const folder = await findDataset(session.store, prefix, { signal: session.signal })
        const objections = await objectionsTo(session, folder, session.signal)
        const isHeld = objections.length > 0 && !force
        if (apply && isHeld) throw needed(folder, objections)
        if (apply && !yes) print({ folder, objections, removed: undefined }, false)
        const isMeant = apply && (yes || (await confirm('Remove it?')))
        const removed = isMeant ? await remove(session, folder, force) : undefined
        if (!apply || isMeant) print({ folder, objections, removed }, json)
      })
    })
}

interface Removal {
  readonly folder: DatasetFolder
  readonly objections: readonly string[]
  /** Undefined where it was only looked at. */
  readonly removed:
    | { readonly objects: number; readonly bytes: number; readonly audit: string }
    | undefined
}

async function remove(
  session: DatasetsSession,
  folder: DatasetFolder,
  force: boolean,
): Promise<NonNullable<Removal['removed']>> {
  const { store, signal } = session
  const now = new Date()
  const ports = { store, sources: [removalSource(session, folder, { force })] }
  const id = `datasets-rm-${folder.datasetId}-${now.getTime()}`
  const { key: plan } = await parkPlan(ports, { id, now, signal })
  const request = { plan, maxDelete: Number.POSITIVE_INFINITY, now, signal }
  const { deleted, deletedBytes, kept } = await deleteGarbage(ports, request)
  if (kept > 0) throw needed(folder, [`${kept} of its objects were written or needed meanwhile`])
  return { objects: deleted, bytes: deletedBytes, audit: plan.slice(0, plan.lastIndexOf('/') + 1) }
}

function needed({ datasetId }: DatasetFolder, objections: readonly string[]): CommandError {
  return new CommandError('DATASET_NEEDED', `the dataset stays: ${objections.join('; ')}`, {
    at: { dataset: datasetId },
    remedy:
      'Wait for the run, or load another dataset of the partition; --force removes it all the same.',
  })
}

function print({ folder, objections, removed }: Removal, json: boolean): void {
  const { datasetId, pipeline, partition, objectCount, sizeBytes } = folder
  if (json) {
    const plan = { datasetId, pipeline, partition, objects: objectCount, sizeBytes, objections }
    printJson({ type: removed === undefined ? 'plan' : 'removed', ...plan, removed })
    return
  }
  const what = `${formatCount(removed?.objects ?? objectCount)} objects, ${formatBytes(removed?.bytes ?? sizeBytes)}`
  const lines =
    removed === undefined
      ? [`would remove ${datasetPrefix(folder)}: ${what}`]
      : [`removed ${datasetPrefix(folder)}: ${what}; audit: ${removed.audit}`]
  for (const objection of objections) lines.push(`  needed: ${objection}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}
