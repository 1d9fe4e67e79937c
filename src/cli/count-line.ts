import { styleText } from 'node:util'
import { fitLine } from './fit-line.ts'

export interface CountLine {
  /** Says what has been done so far; drawn a few times a second at most. */
  readonly show: (text: () => string) => void
  /** Clears the line. */
  readonly end: () => void
}

const intervalMs = 200

/** One line on standard error that is drawn again and again; nothing where that is no terminal. */
export function createCountLine(
  output: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> & {
    readonly columns?: number
  } = process.stderr,
  clock: () => number = () => performance.now(),
): CountLine {
  let drawnAt = -Infinity
  let isDrawn = false
  return {
    show(text) {
      if (!output.isTTY || clock() - drawnAt < intervalMs) return
      drawnAt = clock()
      isDrawn = true
      output.write(`\r\u001b[2K${styleText('dim', fitLine(text(), output.columns))}`)
    },
    end() {
      if (isDrawn) output.write('\r\u001b[2K')
      isDrawn = false
    },
  }
}
