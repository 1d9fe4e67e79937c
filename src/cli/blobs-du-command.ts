import type { Command } from '@commander-js/extra-typings'
import { diskUsage, type FolderUsage } from '../inspect/blobs/disk-usage.ts'
import { withBlobs } from './blobs-session.ts'
import { formatBytes, formatCount, formatTime } from './format.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'

/** `blobs du`: what takes room in the bucket. */
export function addDiskUsageCommand(blobs: Command): void {
  blobs
    .command('du')
    .description('say how much room weeks of blobs, values, landings and datasets take')
    .option('--json', 'print one JSON object a folder, then the total')
    .action(({ json = false }) =>
      withBlobs(async ({ place, progress }) => {
        const folders = await diskUsage(place, (objects) => {
          progress.show(() => `${formatCount(objects)} objects`)
        })
        progress.end()
        const total = totalOf(folders)
        if (json) {
          for (const usage of folders) printJson({ type: 'folder', ...usage })
          printJson({ type: 'total', ...total })
          return
        }
        const isTerminal = process.stdout.isTTY
        const rows = folders.map((usage) => cellsOf(usage, isTerminal))
        // A program adds up for itself, and could take a total for a folder.
        if (isTerminal && folders.length > 0) rows.push(cellsOf(total, isTerminal))
        printTable(['folder', 'objects', 'stored', 'newest'], rows)
      }),
    )
}

function cellsOf(
  { folder, objects, storedBytes, newestAt }: Omit<FolderUsage, 'newestAt'> & Partial<FolderUsage>,
  isTerminal: boolean,
): string[] {
  const figures = isTerminal
    ? [formatCount(objects), formatBytes(storedBytes)]
    : [String(objects), String(storedBytes)]
  return [folder, ...figures, newestAt ? formatTime(newestAt.toISOString(), isTerminal) : '']
}

function totalOf(folders: readonly FolderUsage[]) {
  const sum = (of: (usage: FolderUsage) => number): number =>
    folders.reduce((total, usage) => total + of(usage), 0)
  return {
    folder: 'all',
    objects: sum(({ objects }) => objects),
    storedBytes: sum(({ storedBytes }) => storedBytes),
  }
}
