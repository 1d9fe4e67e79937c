import type { Command } from '@commander-js/extra-typings'
import { text } from 'node:stream/consumers'
import type { CodedError } from '../../codec/index.ts'
import { EXIT_CODES, exitCodeOf } from '../exit-code.ts'
import { BlobsError } from '../inspect/blobs/blobs-error.ts'
import { decodeDocument, encodedAs } from '../inspect/blobs/decode-document.ts'
import { ValueDecoder } from '../inspect/blobs/decode-payload.ts'
import { harmlessText } from '../inspect/blobs/looks-like-text.ts'
import { prettyJson } from '../inspect/blobs/pretty-json.ts'
import { splitJson } from '../inspect/blobs/split-json.ts'
import { withBlobs } from './blobs-session.ts'
import { refuseToTerminal } from './refuse-to-terminal.ts'
import { reportError } from './report-error.ts'
import { writeOut } from './write-out.ts'

/** `claimcheck decode`: values of what stands in histories, from standard input. */
export function addDecodeCommand(program: Command): void {
  program
    .command('decode')
    .option('--force', 'print bytes that are no text to a terminal too')
    .action(({ force = false }) =>
      withBlobs(async ({ place }) => {
        const documents = splitJson(await inputText())
        const decoder = new ValueDecoder(place)
        const [only, ...others] = documents
        const single = others.length === 0 ? encodedAs(only) : undefined
        if (single !== undefined) {
          const decoded = await decoder.decode(single)
          if (decoded.kind === 'error') throw decoded.error
          if (decoded.kind === 'bytes') {
            if (!force) refuseToTerminal()(decoded.bytes)
            await writeOut(decoded.bytes)
          } else {
            const value = decoded.kind === 'json' ? decoded.text : JSON.stringify(only)
            await writeText(`${prettyJson(value).join('\n')}\n`)
          }
          return
        }
        let worst: number = EXIT_CODES.ok
        const onError = (error: CodedError): void => {
          reportError(error, { json: false })
          worst = Math.max(worst, exitCodeOf(error))
        }
        for (const document of documents) {
          for await (const piece of decodeDocument(decoder, document, onError)) {
            await writeText(piece)
          }
          await writeOut('\n')
        }
        process.exitCode = worst
      }),
    )
}

/** A program gets each letter as it is; some are commands to a terminal. */
function writeText(json: string): Promise<void> {
  return writeOut(process.stdout.isTTY ? harmlessText(json) : json)
}

async function inputText(): Promise<string> {
  if (!process.stdin.isTTY) return text(process.stdin)
  throw new BlobsError('DECODE_INPUT_INVALID', 'There is nothing on standard input', {
    remedy: 'Pipe into it: `temporal workflow show --output json … | claimcheck decode`.',
  })
}
