import { readdirSync, readFileSync } from 'node:fs'

export const historiesDirectory = new URL('../fixtures/histories/', import.meta.url)

export interface RecordedHistory {
  readonly workflowId: string
  /** As `temporal workflow show --output json` prints it. */
  readonly history: unknown
}

/** Histories of real runs, one of each kind; `record-histories.ts` made them. */
export function recordedHistories(): RecordedHistory[] {
  return readdirSync(historiesDirectory)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => ({
      workflowId: name.replace('.json', ''),
      history: JSON.parse(readFileSync(new URL(name, historiesDirectory), 'utf8')),
    }))
}
