import { join } from 'node:path'
import type { RowRun } from './row-run.ts'
import { SegmentFile } from './segment-file.ts'

export type RowFormat = 'ndjson' | 'csv'

/** A part of a table that is rendered as one file, when it is first asked for. */
export interface RowSegment {
  /** The file's name without format, unique in the table's folder. */
  readonly name: string
  /** Rows `[from, to)` of the table, counted from 0. */
  readonly from: number
  readonly to: number
  /** Writes the segment's rows to `path`, one a line, without a header. */
  render(format: RowFormat, path: string): Promise<void>
}

/** Rows in a fixed order, served in slices from files rendered once. */
export class RowTable {
  readonly name: string
  readonly rowCount: number
  /** The line above the rows in CSV, its newline included. */
  readonly csvHeader: string
  readonly #directory: string
  readonly #segments: readonly RowSegment[]
  readonly #opened = new Map<string, Promise<SegmentFile>>()

  constructor(options: {
    name: string
    csvHeader: string
    directory: string
    segments: readonly RowSegment[]
  }) {
    this.name = options.name
    this.csvHeader = options.csvHeader
    this.#directory = options.directory
    this.#segments = options.segments
    this.rowCount = options.segments.at(-1)?.to ?? 0
  }

  /** The rows `[from, to)` in order. Renders what is not rendered yet. */
  async rows(format: RowFormat, from: number, to: number): Promise<RowRun[]> {
    const runs: RowRun[] = []
    for (const segment of this.#segments) {
      const first = Math.max(from, segment.from)
      const last = Math.min(to, segment.to)
      if (first >= last) continue
      const file = await this.#open(format, segment)
      runs.push(file.rows(first - segment.from, last - segment.from))
    }
    return runs
  }

  async close(): Promise<void> {
    const opened = [...this.#opened.values()]
    this.#opened.clear()
    for (const opening of await Promise.allSettled(opened)) {
      if (opening.status === 'fulfilled') await opening.value.close()
    }
  }

  async #open(format: RowFormat, segment: RowSegment): Promise<SegmentFile> {
    const fileName = `${segment.name}.${format}`
    const known = this.#opened.get(fileName)
    if (known) return known
    const opening = SegmentFile.open(
      join(this.#directory, fileName),
      segment.to - segment.from,
      (path) => segment.render(format, path),
    )
    this.#opened.set(fileName, opening)
    // A rendering that failed (a full disk) is tried again by the next request.
    opening.catch(() => this.#opened.delete(fileName))
    return opening
  }
}
