import type { Command } from '@commander-js/extra-typings'
import { stringify } from 'yaml'
import { EXIT_CODES } from '../exit-code.ts'
import { findObject } from '../inspect/blobs/find-object.ts'
import { objectDetails } from '../inspect/blobs/object-facts.ts'
import { parseObjectName } from '../inspect/blobs/parse-object-name.ts'
import { withBlobs } from './blobs-session.ts'
import { printJson } from './print-json.ts'

/** What each state means to a script. */
const exitCodes = {
  intact: EXIT_CODES.ok,
  readable: EXIT_CODES.ok,
  damaged: EXIT_CODES.damage,
  locked: EXIT_CODES.failed,
  gone: EXIT_CODES.notFound,
} as const

/** `blobs show`: what an object says of itself, and whether it is intact. */
export function addShowBlobCommand(blobs: Command): void {
  blobs
    .command('show')
    .description('show what is known of an object, and whether it is intact')
    .argument('<name>', 'a digest or its beginning, a claim as JSON, or a key')
    .option('--json', 'print one JSON object')
    .action((name, { json = false }) =>
      withBlobs(async ({ place }) => {
        const found = await findObject(place, parseObjectName(name))
        const details = await objectDetails(place, found)
        if (json) printJson({ type: 'object', ...details })
        // Through JSON, which leaves out what is not known.
        else process.stdout.write(stringify(JSON.parse(JSON.stringify(details)), { lineWidth: 0 }))
        process.exitCode = exitCodes[details.state]
      }),
    )
}
