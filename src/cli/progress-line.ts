import { styleText } from 'node:util'
import type { LoadView } from '../client/follow-load.ts'
import type { LoadProgress } from '../../workflows/index.ts'
import { formatBytes, formatCount } from './format.ts'

export interface ProgressLine {
  readonly show: (view: LoadView) => void
  /** Clears the line. */
  readonly end: () => void
}

const barCells = 12
const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'

/**
 * One line on standard error that is drawn again and again; nothing where that is not a terminal,
 * except what goes wrong, once each.
 */
export function createProgressLine(name: string, output = process.stderr): ProgressLine {
  let frame = 0
  let last: LoadProgress | undefined
  let lastTrouble = ''
  const draw = (text: string): void => {
    output.write(`\r\x1b[2K${text}`)
  }
  return {
    show({ progress, trouble }) {
      last = progress ?? last
      // One line: what follows the first is detail for the Temporal UI.
      const problem = trouble && `attempt ${trouble.attempt}: ${trouble.message.split('\n', 1)[0]}`
      if (!output.isTTY) {
        if (problem !== undefined && problem !== lastTrouble)
          output.write(`${name}: retrying, ${problem}\n`)
        lastTrouble = problem ?? lastTrouble
        return
      }
      frame += 1
      const spin = spinner[frame % spinner.length] ?? ''
      const state = last === undefined ? 'starting' : describeProgress(last)
      const warning = problem === undefined ? '' : styleText('yellow', ` retrying, ${problem}`)
      draw(`${spin} ${styleText('bold', name)} ${state}${warning}`.slice(0, output.columns + 40))
    },
    end() {
      if (output.isTTY) draw('')
    },
  }
}

/** How far the stages behind fetching have come: a source tells no total, so batches are the measure. */
function describeProgress(progress: LoadProgress): string {
  const { batchesFetched, batchesStaged, items, itemsLoaded = 0 } = progress
  const isOfMany = items !== undefined && items > 1
  const [done, all] = isOfMany ? [itemsLoaded, items] : [batchesStaged, batchesFetched]
  const share = all === 0 ? 0 : done / all
  const full = progress.phase === 'loading' ? Math.round(share * barCells) : barCells
  const bar = '█'.repeat(full) + '░'.repeat(barCells - full)
  return [
    `${progress.phase.padEnd(10)} ${bar}`,
    // Of many files each tells of itself when it is loaded.
    ...(isOfMany ? [`${itemsLoaded} of ${formatCount(items)} items`] : []),
    `${formatCount(progress.pages)} pages`,
    formatBytes(progress.sourceBytes),
    `${formatCount(progress.rowsStaged)} of ${formatCount(progress.rows)} rows staged`,
  ].join('  ')
}
