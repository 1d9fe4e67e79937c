import { EXIT_CODES } from '../exit-code.ts'

let hasEnded = false

/**
 * To be called once, before a command begins: readers of a command may go while it works. Without a
 * reader of its output there is nobody left to work for, so that it ends without a word; one that has
 * done its work by then ends as it would have.
 */
export function mindReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      const isNeeded = stream === process.stdout && !hasEnded
      if (isNeeded) process.exit(process.exitCode ?? EXIT_CODES.failed)
    })
  }
}

/**
 * Ends the process, whatever its libraries still hold open, as soon as all that was printed is taken: the
 * end of a process waits for no pipe, and what lies in front of a slow reader would be lost.
 */
export async function endProcess(): Promise<never> {
  hasEnded = true
  await Promise.all([process.stdout, process.stderr].map((stream) => written(stream, '')))
  process.exit()
}

/**
 * Writes to standard output and waits until it is taken, so that a slow reader holds up the command and
 * not its memory.
 */
export function writeOut(chunk: Uint8Array | string): Promise<void> {
  return written(process.stdout, chunk)
}

/** Comes back as well where the reader has gone: the stream itself says so to whoever minds. */
async function written(stream: NodeJS.WriteStream, chunk: Uint8Array | string): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write(chunk, () => resolve())
  })
}
