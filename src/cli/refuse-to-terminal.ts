import { BlobsError } from '../inspect/blobs/blobs-error.ts'
import { createTextCheck } from '../inspect/blobs/looks-like-text.ts'

/**
 * To be asked before each piece is written to standard output.
 *
 * @throws BlobsError OUTPUT_BINARY of what is no text and would go to a terminal: its letters could be
 * commands
 */
export function refuseToTerminal(
  output: { readonly isTTY?: boolean } = process.stdout,
): (piece: Uint8Array) => void {
  const isText = createTextCheck()
  return (piece) => {
    if (output.isTTY !== true || isText(piece)) return
    throw new BlobsError('OUTPUT_BINARY', 'These bytes are no text, and would go to a terminal', {
      remedy: 'Send them to a file or a program, look at `blobs head`, or give --force.',
    })
  }
}
