import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import proto from '@temporalio/proto'
import { pagesOf, type Page } from '../../../src/client/pages-of.ts'
import { withoutGaps } from '../../../src/client/raw-histories.ts'

const { HistoryEvent } = proto.temporal.api.history.v1
const { signal } = new AbortController()
const connection = {
  withAbortSignal: <Answer>(_: AbortSignal, ask: () => Promise<Answer>) => ask(),
}
const cutShort = { code: 'LISTING_CUT_SHORT' }

async function* eventsOf(...ids: readonly number[]) {
  for (const eventId of ids) yield HistoryEvent.fromObject({ eventId })
}

describe('pagesOf', () => {
  const listed = (answers: Readonly<Record<string, Page<number>>>) =>
    Array.fromAsync(
      pagesOf({ connection }, signal, 'numbers', async (token) => {
        const page = answers[Buffer.from(token).toString()]
        assert.ok(page)
        return page
      }),
    )

  test('asks for page after page, empty ones too', async () => {
    const pages = {
      '': { entries: [1, 2], next: Buffer.from('a') },
      a: { entries: [], next: Buffer.from('b') },
      b: { entries: [3], next: new Uint8Array() },
    }
    assert.deepEqual(await listed(pages), [1, 2, 3])
  })

  test('does not believe a page that comes again', async () => {
    const again = { entries: [1], next: Buffer.from('a') }
    await assert.rejects(listed({ '': again, a: again }), cutShort)
  })
})

describe('withoutGaps', () => {
  test('passes events that follow each other', async () => {
    const events = await Array.fromAsync(withoutGaps(eventsOf(1, 2, 3)))
    assert.equal(events.length, 3)
  })

  test('fails where one is missing, at the beginning too, or all are', async () => {
    for (const ids of [[1, 3], [2], []])
      await assert.rejects(Array.fromAsync(withoutGaps(eventsOf(...ids))), cutShort)
  })
})
