import type { Command } from '@commander-js/extra-typings'
import { findObject } from '../inspect/blobs/find-object.ts'
import { openContent } from '../inspect/blobs/open-content.ts'
import { parseObjectName } from '../inspect/blobs/parse-object-name.ts'
import { withBlobs } from './blobs-session.ts'
import { refuseToTerminal } from './refuse-to-terminal.ts'
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
        const refuse = refuseToTerminal()
        try {
          for await (const piece of content.bytes) {
            if (!force) refuse(piece)
            await writeOut(piece)
          }
        } finally {
          await content.close()
        }
      }),
    )
}
