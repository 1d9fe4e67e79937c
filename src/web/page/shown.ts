import { html } from 'hono/html'
import { formatBytes, formatCount } from '../../format-number.ts'
import type { Known } from './known.ts'
import type { Html } from './page.ts'

/** `1.5 KiB`, with the exact number for whoever points at it. */
export function shownBytes(bytes: number): Html {
  return html`<span title="${formatCount(bytes)} bytes">${formatBytes(bytes)}</span>`
}

/** How long ago a moment was, with the moment for whoever points at it. */
export function shownTime(time: string | null | undefined, now = new Date()): Html {
  if (time === null || time === undefined || time === '') return html``
  const moment = new Date(time)
  return html`<time datetime="${moment.toISOString()}" title="${utcText(moment)}"
    >${shownAge(now.getTime() - moment.getTime())}</time
  >`
}

/** A moment, as it stands in logs, and how long ago that is. */
export function shownMoment(time: string): Html {
  const moment = new Date(time)
  return html`<time datetime="${moment.toISOString()}">${utcText(moment)}</time>
    <span class="nothing">${shownAge(Date.now() - moment.getTime())}</span>`
}

function utcText(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

const spans: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** The largest two units: `2 d 3 h`. */
export function shownSpan(milliseconds: number): string {
  const first = spans.findIndex(([unitMs]) => milliseconds >= unitMs)
  if (first === -1) return '0 s'
  let restMs = milliseconds
  const parts = spans.slice(first, first + 2).flatMap(([unitMs, name]) => {
    const count = Math.floor(restMs / unitMs)
    restMs -= count * unitMs
    return count === 0 ? [] : [`${count} ${name}`]
  })
  return parts.join(' ')
}

function shownAge(ageMs: number): string {
  if (Math.abs(ageMs) < 1000) return 'now'
  return ageMs > 0 ? `${shownSpan(ageMs)} ago` : `in ${shownSpan(-ageMs)}`
}

/** How a run, a partition or a dataset stands: by word and shape, not by colour alone. */
export function shownState(state: string): Html {
  return html`<span class="state state-${state}">${state}</span>`
}

/** A sentence in which what stands between backticks is to be typed, or a name. */
export function shownText(text: string): Html {
  // What was caught stands at the odd places.
  return html`${text
    .split(/`([^`\n]+)`/)
    .map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`))}`
}

interface Problem {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

/** An error for a person: its code, what happened, what to do. */
export function shownProblem({ code, message, remedy }: Problem): Html {
  return html`<code>${code}</code> ${shownText(message)}.<br />${shownText(remedy)}`
}

/** The value shown, or a notice that says why it is not known. */
export function shownKnown<Value>(known: Known<Value>, show: (value: Value) => Html): Html {
  if (known.kind === 'known') return show(known.value)
  return html`<p class="notice lines">${shownProblem(known)}</p>`
}

/** A number of bytes, as a cell of a table. */
interface Bytes {
  readonly bytes: number
}

interface ShownTable {
  /** Says to those who do not see it what the table is. */
  readonly caption: string
  readonly header: readonly string[]
  /** Numbers and `Bytes` stand to the right; an empty text is what is not known. */
  readonly rows: readonly (readonly unknown[])[]
  /** A sentence where there is nothing to list. */
  readonly nothing: string
  /** Whether a row begins with what it is about; of plain data no column is known to. @default true */
  readonly isNamed?: boolean
  /** Whether a column is one of numbers, where its cells are texts. */
  readonly isNumeric?: (column: number) => boolean
}

export function shownTable({
  caption,
  header,
  rows,
  nothing,
  isNamed = true,
  isNumeric,
}: ShownTable): Html {
  if (rows.length === 0) return html`<p class="nothing">${nothing}</p>`
  const isOfFigures = header.map((_, column) => {
    const cells = rows.map((row) => row[column]).filter((cell) => cell !== '')
    return isNumeric?.(column) ?? (cells.length > 0 && cells.every(isFigure))
  })
  const look = (column: number): Html =>
    isOfFigures[column] === true ? html`class="number"` : html``
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${header.map((name, column) => html`<th scope="col" ${look(column)}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, column) =>
                isNamed && column === 0
                  ? html`<th scope="row" ${look(column)}>${contentOf(cell)}</th>`
                  : html`<td ${look(column)}>${contentOf(cell)}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function isFigure(cell: unknown): cell is number | Bytes {
  return typeof cell === 'number' || isBytes(cell)
}

function isBytes(cell: unknown): cell is Bytes {
  return typeof cell === 'object' && cell !== null && 'bytes' in cell
}

function contentOf(cell: unknown): unknown {
  if (isBytes(cell)) return shownBytes(cell.bytes)
  return typeof cell === 'number' ? formatCount(cell) : cell
}
