import type { LoadInput } from '../../activities/index.ts'
import { targetPlace } from '../pipeline/target-place.ts'

/** What the Temporal UI shows of a run without asking a worker. Holds nothing that was not in a pipeline file. */
export interface RunLabels {
  readonly staticSummary: string
  /** Markdown. */
  readonly staticDetails: string
}

/** What a load is for. */
export function loadLabels({
  definition,
  partition,
  interval,
  fromLandingOf,
}: LoadInput): RunLabels {
  const { name, target } = definition
  const place = targetPlace(target)
  return runLabels(`${name} ${partition} → ${place}`, {
    pipeline: name,
    partition: `${partition} (${interval.start} to ${interval.end})`,
    target: `${place} (${target.mode})`,
    ...(fromLandingOf === undefined ? {} : { 'from the landing of': fromLandingOf }),
  })
}

/** A run in a line, and its facts in a line each. */
export function runLabels(summary: string, facts: Readonly<Record<string, string>>): RunLabels {
  return {
    staticSummary: shortened(summary, mostSummaryCharacters),
    staticDetails: Object.entries(facts)
      .map(([name, fact]) => `- **${name}**: \`${plain(fact)}\`\n`)
      .join(''),
  }
}

/** Temporal takes 400 bytes, and a character may have four. */
const mostSummaryCharacters = 100

const mostFactCharacters = 500

/** In a span of code nothing is markup but its end. */
function plain(fact: string): string {
  return shortened(fact, mostFactCharacters).replaceAll(/[`\r\n]/g, ' ')
}

/** Cut between characters, never inside of one. */
function shortened(text: string, mostCharacters: number): string {
  return Array.from(text).slice(0, mostCharacters).join('')
}
