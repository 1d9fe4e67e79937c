import { median, rounded } from './report.ts'
import type { Measured } from './stage-measure.ts'

export interface SideRun extends Measured {
  /** Whether what is in PostgreSQL afterwards is what should be. */
  readonly correct: boolean
}

/** One thing that is done in two ways; what each prepares and looks at afterwards is not timed. */
export interface StageCase {
  readonly name: string
  readonly ours: () => Promise<SideRun>
  readonly theirs: () => Promise<SideRun>
  readonly theirsIs: string
  /** The ratio of seconds that is wanted at most. @default none: for comparison only */
  readonly aim?: number
}

export interface SidePair {
  readonly ours: SideRun
  readonly theirs: SideRun
}

/** Who goes first changes from round to round. */
export async function runByTurns(stageCase: StageCase, round: number): Promise<SidePair> {
  if (round % 2 === 0) {
    const theirs = await stageCase.theirs()
    return { ours: await stageCase.ours(), theirs }
  }
  const ours = await stageCase.ours()
  return { ours, theirs: await stageCase.theirs() }
}

export type CaseFigures = ReturnType<typeof caseFigures>

export function caseFigures({ name, theirsIs, aim }: StageCase, pairs: readonly SidePair[]) {
  const middle = (figure: (pair: SidePair) => number): number => rounded(median(pairs.map(figure)))
  // Of each round's pair, so that a busy moment weighs on both.
  const ratio = middle(({ ours, theirs }) => ours.seconds / theirs.seconds)
  return {
    name,
    oursSeconds: middle(({ ours }) => ours.seconds),
    theirsSeconds: middle(({ theirs }) => theirs.seconds),
    ratio,
    aim: aim ?? null,
    meetsAim: aim === undefined ? null : ratio <= aim,
    /** Of server and client together: what the ratio would be if nothing else ran, on one core. */
    oursCpuSeconds: middle(({ ours }) => ours.cpuSeconds),
    theirsCpuSeconds: middle(({ theirs }) => theirs.cpuSeconds),
    cpuRatio: middle(({ ours, theirs }) => ours.cpuSeconds / theirs.cpuSeconds),
    theirsIs,
    rounds: pairs.map(({ ours, theirs }) => [rounded(ours.seconds), rounded(theirs.seconds)]),
    correct: pairs.every(({ ours, theirs }) => ours.correct && theirs.correct),
  }
}
