import type { Command } from '@commander-js/extra-typings'
import { BlobsError } from '../inspect/blobs/blobs-error.ts'
import { findObject } from '../inspect/blobs/find-object.ts'
import { looksLikeText } from '../inspect/blobs/looks-like-text.ts'
import { openContent } from '../inspect/blobs/open-content.ts'
import { parseObjectName } from '../inspect/blobs/parse-object-name.ts'
import { withBlobs } from './blobs-session.ts'
import { writeOut } from './write-out.ts'

/** `blobs cat`: all bytes of an object to standard output. */
export function addCatBlobCommand(blobs: Command): void {
  blobs
    .command('cat')
    .description('print what an object holds, verified as it streams')
    .argument('<name>', 'a digest or its beginning, a claim as JSON, or a key')
    .option('--protobuf', 'a payload in protobuf form, which its digest is of, instead of its data')
    .option('--force', 'print bytes that are no text to a terminal too')
    .action((name, { protobuf = false, force = false }) =>
      withBlobs(async ({ place }) => {
        const found = await findObject(place, parseObjectName(name))
        const content = await openContent(place, found, { protobuf })
        try {
          for await (const piece of content.bytes) {
            if (!force) refuseToTerminal(piece)
            await writeOut(piece)
          }
        } finally {
          await content.close()
        }
      }),
    )
}

/** Its letters could be commands to the terminal. */
export function refuseToTerminal(piece: Uint8Array): void {
  if (!process.stdout.isTTY || looksLikeText(piece)) return
  throw new BlobsError('OUTPUT_BINARY', 'These bytes are no text, and would go to a terminal', {
    remedy: 'Send them to a file or a program, look at `blobs head`, or give --force.',
  })
}
