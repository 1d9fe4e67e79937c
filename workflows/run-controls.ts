import { condition, defineSignal, log, setHandler, workflowInfo } from '@temporalio/workflow'
import type { PipelineLimits } from '../activities/pipeline-definition.ts'

/** Nothing new begins until `resume`; what runs ends. */
export const pauseSignal = defineSignal('pause')
export const resumeSignal = defineSignal('resume')

/** `{ batchesInFlight?, itemsInFlight? }`, each from 1 to 64, instead of the pipeline's limits. */
export const setConcurrencySignal = defineSignal<[unknown]>('setConcurrency')

/** From a load to its items: how it stands itself. */
export const controlsSignal = defineSignal<[unknown]>('controls')

/** The pipeline file's schema has the same bound. */
const mostInFlight = 64

/** What people have asked of a run; `continueAsNew` carries it over. */
export interface ControlState {
  readonly paused: boolean
  readonly batchesInFlight?: number | undefined
  readonly itemsInFlight?: number | undefined
  /** How many signals were obeyed. */
  readonly changes: number
}

/** Whoever is told of each change, such as the load of an item. */
export type ControlListener = (state: ControlState) => Promise<void>

export interface RunControls {
  state(): ControlState
  /** For `progress`; nothing where no signal has come. */
  shown(): { readonly paused?: boolean; readonly controls?: ControlState }
  isPaused(): boolean
  /**
   * Waits until the run goes on. Answers false where its history has grown long meanwhile: then nothing
   * may begin, and it goes on as a new run.
   */
  resumed(): Promise<boolean>
  /** Resolves at the next change. */
  readonly changed: () => Promise<void>
  /** What holds now: the pipeline's limits, or what was asked for instead. */
  limits(limits: PipelineLimits): {
    readonly batchesInFlight: number
    readonly itemsInFlight: number
  }
  /** Tells the listener of the latest state after each change. Answers how to end that. */
  tell(listener: ControlListener): () => void
}

const usualItemsInFlight = 2

/** Handles the signals that control a run. Nothing is asked of the server by that alone. */
export function handleControls(carried: ControlState | undefined): RunControls {
  let state: ControlState = carried ?? { paused: false, changes: 0 }
  const listeners = new Set<ControlListener>()
  let telling: Promise<void> | undefined
  let announce: () => void = () => undefined
  let changed = nextChange()

  function nextChange(): Promise<void> {
    return new Promise((resolve) => {
      announce = resolve
    })
  }

  /** One after the other, so that a listener never hears an older state after a newer one. */
  async function tellAll(): Promise<void> {
    for (let told: ControlState | undefined; told !== state;) {
      const latest = state
      await Promise.all([...listeners].map((listener) => listener(latest)))
      told = latest
    }
    telling = undefined
  }

  async function change(difference: Partial<ControlState>): Promise<void> {
    state = { ...state, ...difference, changes: state.changes + 1 }
    announce()
    changed = nextChange()
    if (listeners.size === 0) return
    telling ??= tellAll()
    await telling
  }

  async function obey(name: string, wanted: Partial<ControlState> | undefined): Promise<void> {
    if (wanted !== undefined) return change(wanted)
    log.warn('a signal that cannot be read was ignored', { signal: name })
  }

  setHandler(pauseSignal, () => change({ paused: true }))
  setHandler(resumeSignal, () => change({ paused: false }))
  setHandler(setConcurrencySignal, (asked) => obey('setConcurrency', readConcurrency(asked)))
  setHandler(controlsSignal, (asked) => obey('controls', readControls(asked)))

  return {
    state: () => state,
    shown: () => (state.changes > 0 ? { paused: state.paused, controls: state } : {}),
    isPaused: () => state.paused,
    async resumed() {
      await condition(() => !state.paused || workflowInfo().continueAsNewSuggested)
      return !state.paused
    },
    changed: () => changed,
    limits: ({ batchesInFlight, itemsInFlight = usualItemsInFlight }) => ({
      batchesInFlight: state.batchesInFlight ?? batchesInFlight,
      itemsInFlight: state.itemsInFlight ?? itemsInFlight,
    }),
    tell(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function readConcurrency(asked: unknown): Partial<ControlState> | undefined {
  if (typeof asked !== 'object' || asked === null) return undefined
  const { batchesInFlight, itemsInFlight, ...rest } = { ...blank, ...asked }
  const numbers = { batchesInFlight, itemsInFlight }
  const given = Object.entries(numbers).filter(([, number]) => number !== undefined)
  const isGood = given.length > 0 && given.every(([, number]) => isInFlight(number))
  return isGood && Object.keys(rest).length === 0 ? Object.fromEntries(given) : undefined
}

const blank: { readonly [Name in 'batchesInFlight' | 'itemsInFlight']: unknown } = {
  batchesInFlight: undefined,
  itemsInFlight: undefined,
}

function isInFlight(number: unknown): boolean {
  return Number.isInteger(number) && Number(number) >= 1 && Number(number) <= mostInFlight
}

function readControls(asked: unknown): Partial<ControlState> | undefined {
  if (typeof asked !== 'object' || asked === null || !('paused' in asked)) return undefined
  const { paused, changes: _, ...concurrency } = { changes: 0, ...asked }
  if (typeof paused !== 'boolean') return undefined
  if (Object.keys(concurrency).length === 0) return { paused }
  const read = readConcurrency(concurrency)
  return read === undefined ? undefined : { paused, ...read }
}
