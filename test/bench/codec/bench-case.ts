import { median, rounded } from '../report.ts'
import type { CodecBed } from './codec-bed.ts'

export type Side = 'ours' | 'peer'

export interface FigureSpec {
  readonly name: string
  readonly unit: string
  /** For people: a figure that misses it fails nothing. */
  readonly aim: string
}

/** What one side did in one round. */
export interface Outcome {
  /** By name; one that is left out could not be had, and `note` says why. */
  readonly figures: Readonly<Record<string, number>>
  /** Whether what came back is what went in. */
  readonly correct: boolean
  readonly note?: string
}

export interface BenchCase {
  readonly figures: readonly FigureSpec[]
  measure(bed: CodecBed, side: Side): Promise<Outcome>
}

export type Outcomes = Readonly<Record<Side, Outcome[]>>

export interface ReportedFigure extends FigureSpec {
  readonly ours: number | null
  readonly peer: number | null
  readonly ratio: number | null
  readonly correct: boolean
  readonly note?: string
}

/** The peer may take for ever; we may not. */
export function unfinished(side: Side, timeoutMs: number): Outcome {
  const note = `did not finish in ${timeoutMs / 1000} s`
  return { figures: {}, correct: side === 'peer', note }
}

/** Of what the other side has no counterpart for. */
export function notMeasured(note: string): Outcome {
  return { figures: {}, correct: true, note }
}

/** One case that breaks is no reason to lose what the others say. */
export function failed(error: unknown): Outcome {
  return { figures: {}, correct: false, note: `failed: ${String(error)}` }
}

/** The medians of all rounds; where one round has none, there is none. */
export function reportFigure(spec: FigureSpec, { ours, peer }: Outcomes): ReportedFigure {
  const middle = (outcomes: readonly Outcome[]): number | null => {
    const values = outcomes.flatMap(({ figures }) => figures[spec.name] ?? [])
    const isWhole = values.length === outcomes.length && values.length > 0
    return isWhole ? rounded(median(values), 3) : null
  }
  const figures = { ours: middle(ours), peer: middle(peer) }
  const ratio = figures.ours === null || !figures.peer ? null : figures.ours / figures.peer
  const notes = Object.entries({ ours, peer }).flatMap(([side, outcomes]) =>
    outcomes.flatMap(({ note }) => (note === undefined ? [] : `${side} ${note}`)),
  )
  return {
    ...spec,
    ...figures,
    ratio: ratio === null ? null : rounded(ratio, 3),
    correct: [...ours, ...peer].every(({ correct }) => correct),
    ...(notes.length === 0 ? {} : { note: [...new Set(notes)].join('; ') }),
  }
}
