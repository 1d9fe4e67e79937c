import { formatCount } from '../format-number.ts'
import { createCountLine, type CountLine } from './count-line.ts'

/** A line that says how far a look for garbage has come. */
export interface LookLine extends CountLine {
  readonly look: (what: 'object' | 'history') => void
  /** Is told how much garbage there is so far. */
  readonly found: (objects: number) => void
  /** Counts from the start again, and says first why it may take a moment until something is counted. */
  readonly again: (why: string) => void
}

export function createLookLine(create: () => CountLine = createCountLine): LookLine {
  let line = create()
  let looked = { object: 0, history: 0 }
  let garbage = 0
  const text = (): string => {
    const at = `${formatCount(looked.object)} objects and ${formatCount(looked.history)} runs looked at`
    return garbage === 0 ? at : `${at}, ${formatCount(garbage)} objects are garbage so far`
  }
  return {
    show: (what) => line.show(what),
    end: () => line.end(),
    look(what) {
      looked[what] += 1
      line.show(text)
    },
    found(objects) {
      garbage = objects
      line.show(text)
    },
    again(why) {
      looked = { object: 0, history: 0 }
      garbage = 0
      line.end()
      // Of one that has just been drawn the next text would not be seen.
      line = create()
      line.show(() => why)
    },
  }
}
