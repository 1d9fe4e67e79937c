import type { Command } from '@commander-js/extra-typings'
import { deleteGarbage, visibilityMs } from '../../activities/retention/delete-garbage.ts'
import { parkPlan } from '../../activities/retention/parked-plan.ts'
import { datasetPrefix } from '../../activities/bucket-layout.ts'
import type { DatasetFolder } from '../../activities/retention/dataset-folders.ts'
import { CommandError } from '../command-error.ts'
import { findDataset } from '../inspect/datasets/find-dataset.ts'
import { objectionsTo, removalSource } from '../inspect/datasets/removal.ts'
import { confirm } from './confirm.ts'
import { withDatasets, type DatasetsSession } from './datasets-session.ts'
import { formatBytes, formatCounted } from '../format-number.ts'
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
        // Standard output is for what has been done, which a program may read.
        if (apply && !yes) process.stderr.write(describe({ folder, objections }))
        const isMeant = apply && (yes || (await confirm('Remove it?')))
        if (apply && !isMeant) {
          process.stderr.write('Nothing was removed.\n')
          return
        }
        const removed = apply ? await remove(session, folder, force) : undefined
        print({ folder, objections, removed }, json)
      })
    })
}

interface Removed {
  readonly objects: number
  readonly bytes: number
  readonly audit: string
}

interface Removal {
  readonly folder: DatasetFolder
  readonly objections: readonly string[]
  /** Undefined where it was only looked at. */
  readonly removed?: Removed | undefined
}

async function remove(
  session: DatasetsSession,
  folder: DatasetFolder,
  force: boolean,
): Promise<Removed> {
  const { store, progress, signal } = session
  const now = new Date()
  // A run that has begun a moment ago is not listed yet: then it is by the second look.
  const settleMs = force ? 0 : visibilityMs
  const ports = { store, sources: [removalSource(session, folder, { force })], settleMs }
  const id = `datasets-rm-${folder.datasetId}-${now.getTime()}`
  const { key: plan, summary } = await parkPlan(ports, { id, now, signal })
  if (summary.objects === 0) {
    const reasons = summary.kept.map(({ reason }) => reason)
    throw needed(folder, reasons.length > 0 ? reasons : ['something else has removed it'])
  }
  if (!force) progress.show(() => 'waiting for runs that have just begun')
  const request = { plan, maxDelete: Number.POSITIVE_INFINITY, now, signal }
  const { deleted, deletedBytes, kept } = await deleteGarbage(ports, request)
  progress.end()
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

function print(removal: Removal, json: boolean): void {
  if (!json) {
    process.stdout.write(describe(removal))
    return
  }
  const { folder, objections, removed } = removal
  const { datasetId, pipeline, partition, objectCount, sizeBytes } = folder
  const plan = { datasetId, pipeline, partition, objects: objectCount, sizeBytes, objections }
  printJson({ type: removed === undefined ? 'plan' : 'removed', ...plan, removed })
}

function describe({ folder, objections, removed }: Removal): string {
  const { objects, bytes } = removed ?? { objects: folder.objectCount, bytes: folder.sizeBytes }
  const what = `${datasetPrefix(folder)}: ${formatCounted(objects, 'object')}, ${formatBytes(bytes)}`
  const lines = [
    removed === undefined ? `would remove ${what}` : `removed ${what}; audit: ${removed.audit}`,
    ...objections.map((objection) => `  needed: ${objection}`),
  ]
  return `${lines.join('\n')}\n`
}
