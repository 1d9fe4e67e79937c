import { styleText } from 'node:util'
import type { RunSight } from '../client/follow-run.ts'
import type { RunFailure } from '../../workflows/coded-failure.ts'
import type { PendingActivity, RunPending } from '../client/run-pending.ts'
import { fitLine } from './fit-line.ts'

export interface ProgressLine<Progress> {
  readonly show: (sight: RunSight<Progress>) => void
  /** Clears the line. */
  readonly end: () => void
}

type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>

const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'

/**
 * One line on standard error that is drawn again and again; nothing where that is not a terminal. What
 * keeps the run from going on is told on a line of its own in both cases, once for each change.
 */
export function createProgressLine<Progress>(
  name: string,
  describe: (progress: Progress) => string,
  output: Output = process.stderr,
): ProgressLine<Progress> {
  let frame = 0
  let last: Progress | undefined
  let told = ''
  let wasStuck = false
  const draw = (text: string): void => {
    output.write(`\r\x1b[2K${text}`)
  }
  const tell = (text: string): void => {
    if (output.isTTY) draw('')
    output.write(`${name}: ${text}\n`)
  }
  return {
    show({ progress, pending }) {
      last = progress ?? last
      const failing = mostTried(pending.activities)
      const problem = problemOf(pending, output.isTTY ? undefined : failing)
      const isStuck = pending.workflowTask !== undefined
      if (wasStuck && !isStuck) tell('goes on')
      else if (problem !== '' && problem !== told) tell(problem)
      told = wasStuck && !isStuck ? '' : problem || told
      wasStuck = isStuck
      if (!output.isTTY) return
      frame += 1
      const spin = spinner[frame % spinner.length] ?? ''
      const state = last === undefined ? 'starting' : describe(last)
      const warning = failing === undefined ? '' : styleText('yellow', ` ${attemptOf(failing)}`)
      draw(fitLine(`${spin} ${styleText('bold', name)} ${state}${warning}`, output.columns))
    },
    end() {
      if (output.isTTY) draw('')
    },
  }
}

/** The same text for the same problem, however often it has been tried. */
function problemOf({ workflowTask }: RunPending, failing: FailingActivity | undefined): string {
  if (workflowTask !== undefined) {
    const { code, message, remedy } = workflowTask
    return `workers cannot go on: ${code}: ${firstLine(message)}. ${remedy}`
  }
  if (failing === undefined) return ''
  const { type, lastFailure } = failing
  return `${type} fails and is tried again: ${lastFailure.code}: ${firstLine(lastFailure.message)}`
}

function attemptOf({ type, attempt, maximumAttempts, lastFailure }: FailingActivity): string {
  const of = maximumAttempts === undefined ? '' : ` of ${maximumAttempts}`
  const { code, message } = lastFailure
  return `${type}, attempt ${attempt}${of}: ${code}: ${firstLine(message)}`
}

interface FailingActivity extends PendingActivity {
  readonly lastFailure: RunFailure
}

function mostTried(activities: readonly PendingActivity[]): FailingActivity | undefined {
  const failing = activities.flatMap(({ lastFailure, ...rest }) =>
    lastFailure === undefined ? [] : [{ ...rest, lastFailure }],
  )
  return failing.toSorted((one, other) => other.attempt - one.attempt)[0]
}

/** What follows the first line is detail for the Temporal UI. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
