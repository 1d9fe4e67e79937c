import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import proto, { type temporal } from '@temporalio/proto'

const { History } = proto.temporal.api.history.v1
type HistoryObject = temporal.api.history.v1.IHistory

const directory = new URL('../fixtures/histories/', import.meta.url)

export interface RecordedHistory {
  readonly name: string
  /** Ids of children begin with it. */
  readonly workflowId: string
  readonly history: HistoryObject
}

/** Histories of real runs, one of each kind; `record-histories.ts` made them. */
export function recordedHistories(): RecordedHistory[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((file) => {
      const history = History.fromObject(JSON.parse(readFileSync(new URL(file, directory), 'utf8')))
      const started = history.events[0]?.workflowExecutionStartedEventAttributes
      return { name: file.replace('.json', ''), workflowId: started?.workflowId ?? '', history }
    })
}

/**
 * Writes a history as the plain object of its message. Not as Temporal's own JSON: the SDK's functions
 * for that need one copy of protobufjs for all its packages, which npm does not always install.
 *
 * Who ran it and where the code lay is left out: replay needs neither.
 */
export function writeHistory(name: string, history: HistoryObject): void {
  const message = History.fromObject(history)
  const plain = History.toObject(message, { bytes: String, enums: String, longs: String })
  const text = JSON.stringify(
    plain,
    (key, value: unknown) => {
      if (key === 'stackTrace') return ''
      if (key === 'identity') return 'worker'
      // A worker's own queue is called after its process and machine.
      return key === 'name' && /^\d+@/.test(String(value)) ? 'sticky' : value
    },
    1,
  )
  writeFileSync(new URL(`${name}.json`, directory), `${text}\n`)
}
