import type { Command } from '@commander-js/extra-typings'
import { addCatBlobCommand } from './blobs-cat-command.ts'
import { addDiskUsageCommand } from './blobs-du-command.ts'
import { addHeadBlobCommand } from './blobs-head-command.ts'
import { addListBlobsCommand } from './blobs-ls-command.ts'
import { addBlobReferencesCommand } from './blobs-refs-command.ts'
import { addShowBlobCommand } from './blobs-show-command.ts'
import { addVerifyBlobsCommand } from './blobs-verify-command.ts'

/** `claimcheck blobs …`: what is in the bucket, who needs it, and whether it is intact. Only reads. */
export function addBlobsCommand(program: Command): void {
  const blobs = program.command('blobs')
  addListBlobsCommand(blobs)
  addShowBlobCommand(blobs)
  addCatBlobCommand(blobs)
  addHeadBlobCommand(blobs)
  addBlobReferencesCommand(blobs)
  addVerifyBlobsCommand(blobs)
  addDiskUsageCommand(blobs)
}
