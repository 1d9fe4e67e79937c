import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import type { Info } from '@temporalio/activity'
import type { SerializationContext } from '@temporalio/common'
import {
  defaultTimeouts,
  placeOfCall,
  type CallPlace,
  type Timeouts,
} from '../../../codec/call-place.ts'
import { withDeadline } from '../../../codec/deadline.ts'
import { withinPlace } from '../../../codec/within-place.ts'
import { inActivityContext } from './activity-samples.ts'
import { inActivity } from './codec-samples.ts'

const inWorkflow: SerializationContext = {
  type: 'workflow',
  namespace: 'default',
  workflowId: 'etl/flights/2026-11-25',
}

describe('place of a call: outside an activity', () => {
  it('fits a workflow task, and waits for nothing', () => {
    for (const context of [undefined, inWorkflow, inActivity]) {
      const place = placeOfCall(context, defaultTimeouts)
      assert.partialDeepStrictEqual(place, { timeoutMs: 8_000, patient: false, signal: undefined })
    }
  })

  it('counts what is encoded for the activities of one workflow together, and the rest', () => {
    const burst = (context?: SerializationContext): string =>
      placeOfCall(context, defaultTimeouts).burst
    const other = { ...inActivity, workflowId: 'etl/flights/2026-11-26' }
    assert.notEqual(burst(inActivity), burst(other))
    assert.equal(burst(inWorkflow), burst(undefined))
    assert.notEqual(burst(inWorkflow), burst(inActivity))
  })
})

describe('place of a call: inside an activity', () => {
  it('is patient within the least of three times', async () => {
    const cases: readonly (readonly [info: Partial<Info>, timeoutMs: number])[] = [
      [{ startToCloseTimeoutMs: 600_000 }, 60_000],
      [{ startToCloseTimeoutMs: 10_000 }, 8_000],
      [{ startToCloseTimeoutMs: 600_000, heartbeatTimeoutMs: 5_000 }, 4_000],
      [{ startToCloseTimeoutMs: 2_000, heartbeatTimeoutMs: 5_000 }, 1_600],
      // A timeout that is not set.
      [{ startToCloseTimeoutMs: 600_000, heartbeatTimeoutMs: 0 }, 60_000],
      [{ startToCloseTimeoutMs: 0, heartbeatTimeoutMs: 5_000 }, 4_000],
    ]
    for (const [info, timeoutMs] of cases) {
      const place = await placeWith({ info })
      assert.deepEqual([place.timeoutMs, place.patient], [timeoutMs, true])
    }
    const timeouts = { taskTimeoutMs: 1, activityTimeoutMs: 30_000 }
    assert.equal((await placeWith({}, timeouts)).timeoutMs, 30_000)
  })

  it('is the same whatever is said of the call, another in another attempt', async () => {
    const [one, same] = await Promise.all([
      placeWith({}),
      placeWith({}, defaultTimeouts, inWorkflow),
    ])
    assert.equal(one.burst, same.burst)
    const other = await placeWith({ info: { base64TaskToken: 'of another attempt' } })
    assert.notEqual(other.burst, one.burst)
  })

  it('ends with the activity, but lets one that was cancelled say so', async () => {
    const controller = new AbortController()
    const { signal } = controller
    assert.equal((await placeWith({ signal })).signal, signal)
    controller.abort()
    assert.equal((await placeWith({ signal })).signal, undefined)
  })
})

describe('work within a place', () => {
  const place: CallPlace = {
    burst: 'other',
    inlineBytes: Infinity,
    timeoutMs: 20,
    patient: false,
    signal: undefined,
  }

  it('that takes too long ends as a store that does not answer, with the time it had', async () => {
    const hanging = withinPlace(place, 100_000, 'bucket', untilAborted)
    await assert.rejects(hanging, {
      code: 'STORE_UNREACHABLE',
      retryable: true,
      // A millisecond for each 10,000 bytes.
      message: /not done within 30 ms \[bucket=bucket\]/,
    })
  })

  it('knows whether it may be patient', async () => {
    for (const patient of [true, false]) {
      const seen = await withinPlace({ ...place, patient }, 0, 'bucket', async (call) => call)
      assert.equal(seen.patient, patient)
    }
  })
})

describe('deadline', () => {
  const onTimeout = (): Error => new Error('too late')

  it('gives what the work gives, and its error', async () => {
    assert.equal(await withDeadline({ timeoutMs: 60_000, onTimeout }, async () => 5), 5)
    const trouble = new Error('of the work')
    const failing = withDeadline({ timeoutMs: 60_000, onTimeout }, async () =>
      Promise.reject(trouble),
    )
    await assert.rejects(failing, (error) => error === trouble)
  })

  it('gives the reason of the caller, whatever the interrupted work makes of it', async () => {
    const controller = new AbortController()
    const reason = new Error('the caller gave up')
    const working = withDeadline(
      { timeoutMs: 60_000, onTimeout, signal: controller.signal },
      async (signal) => {
        controller.abort(reason)
        assert.equal(signal.reason, reason)
        throw new Error('socket hang up')
      },
    )
    await assert.rejects(working, (error) => error === reason)
  })

  it('begins nothing for a caller who has given up', async () => {
    let hasBegun = false
    const signal = AbortSignal.abort(new Error('the caller gave up'))
    const working = withDeadline({ timeoutMs: 60_000, onTimeout, signal }, async () => {
      hasBegun = true
    })
    await assert.rejects(working, /gave up/)
    assert.equal(hasBegun, false)
  })

  it('waits for the work to settle', async () => {
    let hasSettled = false
    const working = withDeadline({ timeoutMs: 1, onTimeout }, async (signal) => {
      await untilAborted({ signal }).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 20))
      hasSettled = true
      throw new Error('aborted')
    })
    await assert.rejects(working, /too late/)
    assert.equal(hasSettled, true)
  })

  it('leaves no listener on a signal that lives on', async () => {
    const { signal } = new AbortController()
    const options = { timeoutMs: 60_000, onTimeout, signal }
    for (let call = 0; call < 20; call += 1) {
      await withDeadline(options, async () => call)
      await withDeadline(options, async () => Promise.reject(onTimeout())).catch(() => undefined)
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})

async function placeWith(
  options: { readonly info?: Partial<Info>; readonly signal?: AbortSignal },
  timeouts: Timeouts = defaultTimeouts,
  context: SerializationContext = inActivity,
): Promise<CallPlace> {
  return inActivityContext(async () => placeOfCall(context, timeouts), options)
}

async function untilAborted({ signal }: { readonly signal?: AbortSignal }): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('interrupted')))
  })
}
