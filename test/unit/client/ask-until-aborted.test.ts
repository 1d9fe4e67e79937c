import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { askUntilAborted } from '../../../src/client/ask-until-aborted.ts'

/** Leaves a listener at the signal of each request, as the client does. */
const connection = {
  async withAbortSignal<Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer> {
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('cancelled')))
    })
    return Promise.race([ask(), cancelled])
  },
}

describe('askUntilAborted', () => {
  test('leaves nothing at the signal, however much is asked', async () => {
    const { signal } = new AbortController()
    for (let asked = 0; asked < 20; asked += 1) {
      assert.equal(await askUntilAborted(connection, signal, async () => asked), asked)
    }
    await assert.rejects(
      askUntilAborted(connection, signal, () => Promise.reject(new Error('refused'))),
      /refused/,
    )
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
  })

  test('ends a request when the signal aborts, and begins none after that', async () => {
    const aborting = new AbortController()
    const asked = askUntilAborted(connection, aborting.signal, () => new Promise(() => undefined))
    aborting.abort()
    await assert.rejects(asked, /cancelled/)
    let isAsked = false
    const late = askUntilAborted(connection, aborting.signal, async () => {
      isAsked = true
    })
    await assert.rejects(late, { name: 'AbortError' })
    assert.equal(isAsked, false)
  })
})
