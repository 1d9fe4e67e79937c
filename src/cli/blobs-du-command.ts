import type { Command } from '@commander-js/extra-typings'
import { diskUsage, type FolderUsage } from '../inspect/blobs/disk-usage.ts'
import { withBlobs } from './blobs-session.ts'
import { formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { tableFigures } from './table-figures.ts'

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
        const rows = folders.map(cellsOf)
        // A program adds up for itself, and could take a total for a folder.
        if (process.stdout.isTTY && folders.length > 0) rows.push(cellsOf(total))
        printTable(['folder', 'objects', 'stored', 'newest'], rows, {
          nothing: 'The bucket is empty.',
        })
      }),
    )
}

function cellsOf({
  folder,
  objects,
  storedBytes,
  newestAt,
}: Omit<FolderUsage, 'newestAt'> & Partial<FolderUsage>): string[] {
  const { bytes, count, time } = tableFigures()
  return [folder, count(objects), bytes(storedBytes), time(newestAt?.toISOString())]
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
