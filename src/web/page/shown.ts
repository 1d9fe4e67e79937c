import { html } from 'hono/html'
import { formatBytes, formatCount } from '../../format-number.ts'
import type { Known } from './known.ts'
import type { Html } from './page.ts'

/** `1.5 KiB`, with the exact number for whoever points at it. */
export function shownBytes(bytes: number): Html {
  return html`<span title="${formatCount(bytes)} bytes">${formatBytes(bytes)}</span>`
}

/** A moment in UTC, and how long ago that is. */
export function shownTime(time: string | null | undefined, now = new Date()): Html {
  if (time === null || time === undefined || time === '') return html``
  const moment = new Date(time)
  const text = moment.toISOString().slice(0, 19).replace('T', ' ')
  return html`<time datetime="${moment.toISOString()}" title="${text} UTC"
    >${shownAge(now.getTime() - moment.getTime())}</time
  >`
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

/** The value shown, or a notice that says why it is not known. */
export function shownKnown<Value>(known: Known<Value>, show: (value: Value) => Html): Html {
  if (known.kind === 'known') return show(known.value)
  const { code, message, remedy } = known
  return html`<p class="notice lines"><code>${code}</code> ${message}. ${remedy}</p>`
}

/** A table whose rows begin with what they are about, or a sentence where there is nothing to list. */
export function shownTable(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  nothing: string,
): Html {
  return table(
    caption,
    header,
    rows.map(([first, ...rest]) => [rowHeader(first), ...rest.map(cellOf)]),
    rows,
    nothing,
  )
}

/** Rows of data, of which no column is known to name the row. */
export function shownRows(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  nothing: string,
): Html {
  return table(
    caption,
    header,
    rows.map((row) => row.map(cellOf)),
    rows,
    nothing,
  )
}

function table(
  caption: string,
  header: readonly string[],
  cells: readonly (readonly Html[])[],
  rows: readonly (readonly unknown[])[],
  nothing: string,
): Html {
  if (rows.length === 0) return html`<p class="nothing">${nothing}</p>`
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${header.map((name, column) => {
            const isNumber = rows.every((row) => typeof row[column] === 'number')
            return html`<th scope="col" ${isNumber ? html`class="number"` : ''}>${name}</th>`
          })}
        </tr>
      </thead>
      <tbody>
        ${cells.map(
          (row) =>
            html`<tr>
              ${row}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function cellOf(cell: unknown): Html {
  if (typeof cell !== 'number') return html`<td>${cell}</td>`
  return html`<td class="number">${formatCount(cell)}</td>`
}

function rowHeader(cell: unknown): Html {
  const text = typeof cell === 'number' ? formatCount(cell) : cell
  return html`<th scope="row" ${typeof cell === 'number' ? html`class="number"` : ''}>${text}</th>`
}
