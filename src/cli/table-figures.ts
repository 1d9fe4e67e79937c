import { formatBytes, formatCount } from '../format-number.ts'

/** How figures stand in the cells of a table. */
interface TableFigures {
  /** Empty where it is not known. */
  readonly count: (count: number | null | undefined) => string
  readonly bytes: (bytes: number) => string
  /** Of a time in RFC 3339; empty where there is none. */
  readonly time: (rfc3339: string | null | undefined) => string
  /** The beginning of an id, enough to tell it from others and to name it; all of it for a program. */
  readonly id: (id: string) => string
}

const idLetters = 8

/** For a person at a terminal with units and separators, rounded and cut; for a program as they are. */
export function tableFigures(isTerminal: boolean = process.stdout.isTTY): TableFigures {
  return {
    count: (count) => {
      if (count === null || count === undefined) return ''
      return isTerminal ? formatCount(count) : String(count)
    },
    bytes: isTerminal ? formatBytes : String,
    time: (rfc3339) => (isTerminal ? rfc3339?.replace(/\.\d+Z$/, 'Z') : rfc3339) ?? '',
    id: (id) => (isTerminal ? id.slice(0, idLetters) : id),
  }
}
