import { damageRows } from './damage-rows.ts'
import type { Damage } from './fault-injector.ts'
import { bytesOf, type RowRun } from './row-run.ts'
import type { Selection } from './selection.ts'

/** A body whose length is known before its first byte. */
export interface AnswerBody {
  readonly contentType: string
  readonly byteLength: number
  readonly chunks: AsyncIterable<Buffer> | readonly Buffer[]
}

const PAGE_HEAD = Buffer.from('{"data":[')
const COMMA = 44

/** The body that answers a selection: a page is built in memory, lines are streamed. */
export async function answerBody(
  selection: Selection,
  damages: readonly Damage[],
): Promise<AnswerBody> {
  const { table, shape, from, to } = selection
  const format = shape === 'csv' ? 'csv' : 'ndjson'
  const runs =
    damages.length === 0
      ? await table.rows(format, from, to)
      : await damageRows(table, format, { from, to, damages })
  if (shape === 'page') {
    const page = await buildPage(runs, selection.next)
    return { contentType: 'application/json', byteLength: page.length, chunks: [page] }
  }
  const head = shape === 'csv' ? Buffer.from(table.csvHeader) : Buffer.alloc(0)
  return {
    contentType: shape === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
    byteLength: head.length + bytesOf(runs),
    chunks: streamRuns(head, runs),
  }
}

// The rows lie in the file as lines: one copy of the bytes, and a comma over each newline but the
// last, make them a JSON array.
async function buildPage(runs: readonly RowRun[], next: string | null): Promise<Buffer> {
  const tail = Buffer.from(`],"next":${JSON.stringify(next)}}`)
  const page = Buffer.allocUnsafe(PAGE_HEAD.length + bytesOf(runs) + tail.length)
  PAGE_HEAD.copy(page)
  let at = PAGE_HEAD.length
  for (const run of runs) {
    await run.read(page, at)
    run.joinWith(COMMA, page, at)
    at += run.byteLength
  }
  if (at > PAGE_HEAD.length) at -= 1
  tail.copy(page, at)
  return page.subarray(0, at + tail.length)
}

async function* streamRuns(head: Buffer, runs: readonly RowRun[]): AsyncIterable<Buffer> {
  if (head.length > 0) yield head
  for (const run of runs) yield* run.stream()
}
