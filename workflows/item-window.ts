import {
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow'
import type { LoadStep } from './convert-and-stage.ts'
import { failedOutcome, outcomeOf, type ItemOutcome } from './item-outcome.ts'
import { handOverSignal, itemEndedSignal, readItemReport } from './item-report.ts'
import { definitionOfItem, type loadItem } from './load-item.ts'
import { controlsSignal, type ControlState } from './run-controls.ts'
import { cancelItem, itemWorkflowId, startItem } from './start-item.ts'

/** One that was ended by force tells nobody: it is looked after in growing intervals. */
const firstLookMs = 5_000
const longestLookMs = 300_000

/** An item that has not ended. */
export interface RunningItem {
  readonly item: number
  /** The first run of its child workflow. */
  readonly runId: string
}

/** What the next run of the chain has to know to go on with the items that run. */
export interface WindowState {
  readonly running: readonly RunningItem[]
  /** Of what was asked of the load, how many changes they have heard of. */
  readonly heard: number
}

export interface WindowOptions {
  /** Whether items stay when the load goes on as a new run; not in runs that earlier versions began. */
  readonly slides: boolean
  /** Counts an end: called once for each, at once. */
  readonly onEnd: (item: number, outcome: ItemOutcome) => void
  /** Hears which items run. */
  readonly onChange: (running: readonly number[]) => void
}

/** The items that are being loaded, each by a child workflow that this run or an earlier one began. */
export interface ItemWindow {
  /** Loads an item, until it has ended and was counted. Cancelled with its scope. */
  load(item: number): Promise<ItemOutcome>
  /** The same of those that earlier runs began. */
  readonly inherited: readonly Promise<ItemOutcome>[]
  isEmpty(): boolean
  /**
   * Lets those that run go on without this run: each will tell how it ended by a signal. All that has
   * come was counted when this returns, and nothing is afterwards.
   */
  handOver(): Promise<WindowState>
}

interface Entry extends RunningItem {
  /** Of those that this run has begun. */
  readonly child?: ChildWorkflowHandle<typeof loadItem>
  readonly end: (outcome: ItemOutcome) => void
}

/** Opens the window in the current cancellation scope. */
export function openItemWindow(
  step: LoadStep,
  { slides, onEnd, onChange }: WindowOptions,
  carried: WindowState = { running: [], heard: 0 },
): ItemWindow {
  const { activities, run, controls } = step
  const entries = new Map<string, Entry>()
  /** Those that had ended before they heard that they are handed over: this run is told of them. */
  const endsHere = new Set<string>()
  let starts = 0
  let tellings = 0
  let isHandedOver = false

  function ended(runId: string, howEnded: (item: number) => ItemOutcome): void {
    const entry = entries.get(runId)
    if (entry === undefined || isHandedOver) return
    entries.delete(runId)
    const outcome = howEnded(entry.item)
    onEnd(entry.item, outcome)
    onChange(running())
    entry.end(outcome)
  }

  /** Waits for the end of an item, and tells it what is asked of its load meanwhile. */
  async function follow(
    entry: Omit<Entry, 'end'>,
    heard: number,
    tell: (state: ControlState) => Promise<void>,
  ): Promise<ItemOutcome> {
    const end = new Promise<ItemOutcome>((resolve) => {
      entries.set(entry.runId, { ...entry, end: resolve })
    })
    onChange(running())
    const tellSafely = (state: ControlState): Promise<void> => {
      tellings += 1
      const isOver = (): void => {
        tellings -= 1
      }
      // One that has ended needs to hear nothing.
      return tell(state).then(isOver, isOver)
    }
    const stop = controls.tell(tellSafely)
    try {
      if (controls.state().changes !== heard) await tellSafely(controls.state())
      return await end
    } finally {
      stop()
    }
  }

  async function load(item: number): Promise<ItemOutcome> {
    const told = controls.state()
    const { workflowId, firstExecutionRunId: firstRunId } = workflowInfo()
    const input = {
      definition: definitionOfItem(step.definition),
      run,
      item,
      ...(told.changes > 0 ? { controls: told } : {}),
      ...(slides ? { load: { workflowId, firstRunId } } : {}),
    }
    let child: ChildWorkflowHandle<typeof loadItem>
    starts += 1
    try {
      child = await startItem(input, { abandoned: slides })
    } finally {
      starts -= 1
    }
    const { firstExecutionRunId: runId } = child
    void child.result().then(
      (loaded) => ended(runId, () => ({ loaded })),
      (error: unknown) => ended(runId, () => failedOutcome(item, error)),
    )
    return follow({ item, runId, child }, told.changes, (state) =>
      child.signal(controlsSignal, state),
    )
  }

  function goOnWith({ item, runId }: RunningItem): Promise<ItemOutcome> {
    void CancellationScope.current().cancelRequested.catch(() =>
      entries.has(runId) ? cancelItem(item) : undefined,
    )
    const handle = getExternalWorkflowHandle(itemWorkflowId(item))
    return follow({ item, runId }, carried.heard, (state) => handle.signal(controlsSignal, state))
  }

  /** Looks after those that earlier runs began, until none of them is left. */
  async function look(): Promise<void> {
    const left = (): Entry[] => [...entries.values()].filter(({ child }) => child === undefined)
    for (let lookMs = firstLookMs; ; lookMs = Math.min(lookMs * 2, longestLookMs)) {
      if (await condition(() => left().length === 0, lookMs)) return
      const runs = left().map(({ item, runId }) => {
        return { workflowId: itemWorkflowId(item), firstRunId: runId }
      })
      try {
        const found = await activities.lookUpRuns({ runs })
        for (const { firstRunId, end } of found.ended) {
          ended(firstRunId, (item) => outcomeOf(item, end))
        }
      } catch {
        log.warn('items could not be looked after; that is tried again')
      }
    }
  }

  async function handOver(): Promise<WindowState> {
    await condition(() => starts === 0)
    const own = [...entries.values()].filter(({ child }) => child !== undefined)
    await Promise.all(own.map(tellToReport))
    const isSettled = (): boolean =>
      allHandlersFinished() && tellings === 0 && ![...endsHere].some((runId) => entries.has(runId))
    do {
      await condition(isSettled)
      await allElse()
    } while (!isSettled())
    isHandedOver = true
    const left = [...entries.values()].map(({ item, runId }) => ({ item, runId }))
    return { running: left, heard: controls.state().changes }
  }

  async function tellToReport({ child, runId }: Entry): Promise<void> {
    try {
      await child?.signal(handOverSignal)
    } catch (error) {
      if (isCancellation(error)) throw error
      endsHere.add(runId)
    }
  }

  function running(): readonly number[] {
    return [...entries.values()].map(({ item }) => item)
  }

  // They are there before what they tell is heard: it may have come before this run began.
  const inherited = carried.running.map(goOnWith)
  if (slides) {
    setHandler(itemEndedSignal, (told) => {
      const report = readItemReport(told)
      if (report === undefined || report.datasetId !== run.datasetId) {
        log.warn('a signal that is not for this load was ignored', { signal: 'itemEnded' })
        return
      }
      ended(report.runId, (item) => outcomeOf(item, report.end))
    })
  }
  if (inherited.length > 0) void CancellationScope.nonCancellable(look)
  return { load, inherited, isEmpty: () => entries.size === 0 && starts === 0, handOver }
}

/** Lets everything else go on as far as it can with what has come. */
async function allElse(): Promise<void> {
  let isLater = false
  const later = async (): Promise<void> => {
    await Promise.resolve()
    isLater = true
  }
  void later()
  // Conditions are looked at when nothing else is left to do.
  await condition(() => isLater)
}
