import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { ApplicationFailure } from '@temporalio/common'
import {
  claimArguments,
  createClaims,
  type Claim,
  type Claims,
  type ObjectKey,
  type WithClaims,
} from '../../../codec/index.ts'
import { activityContext, inActivityContext } from './activity-samples.ts'
import { WatchedStore } from './watched-store.ts'

describe('claims among the arguments of an activity', () => {
  it('are fetched: an argument, and a member of one', async () => {
    const { claims } = bed()
    const { rows, text } = await parkedOn(claims)
    assert.deepEqual(await given(claims, rows, 5, { rows, text, limit: 3 }), [
      [{ id: 1 }],
      5,
      { rows: [{ id: 1 }], text: 'text', limit: 3 },
    ])
  })

  it('stay deeper than that: in arrays, in members of members, in what is no plain object', async () => {
    const { claims } = bed()
    const { rows } = await parkedOn(claims)
    class Request {
      readonly rows = rows
    }
    const inputs = [[rows], { request: { rows } }, new Request(), new Map([['rows', rows]])]
    const seen = await given(claims, ...inputs)
    for (const [index, input] of inputs.entries()) assert.equal(seen[index], input)
  })

  it('stay where they stand for streams', async () => {
    const { claims } = bed()
    const { stream } = await parkedOn(claims)
    assert.deepEqual(await given(claims, stream, { stream }), [stream, { stream }])
  })

  it('leave all else as it is', async () => {
    const { claims, store } = bed()
    const inputs = [null, undefined, 0, 'text', Buffer.of(1), { claim: 1 }, { kind: 'value' }, []]
    const seen = await given(claims, ...inputs)
    for (const [index, input] of inputs.entries()) assert.equal(seen[index], input)
    assert.deepEqual(store.read, [])
  })

  it('keep the names of members, whatever they are', async () => {
    const { claims } = bed()
    const { text } = await parkedOn(claims)
    const argument: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":2}')
    assert.ok(typeof argument === 'object')
    const [seen] = await given(claims, { ...argument, text })
    assert.deepEqual(Object.entries(seen ?? {}), [
      ...Object.entries({ ...argument }),
      ['text', 'text'],
    ])
    assert.equal(Object.getPrototypeOf(seen), Object.prototype)
  })
})

describe('a claim among the arguments that cannot be fetched', () => {
  it('ends the activity before it begins, for good where a retry cannot help', async () => {
    const { claims, store } = bed()
    const { rows } = await parkedOn(claims)
    await store.delete(await store.keys())
    await fails(claims, rows, 'BLOB_MISSING')
    await fails(claims, { rows }, 'BLOB_MISSING')
    const key = 'landing/secret.csv' as ObjectKey
    await fails(claims, { ...rows, key }, 'CLAIM_MALFORMED')
    await fails(claims, { ...rows, claim: 2 }, 'CLAIM_VERSION_UNKNOWN')
    const foreign = createClaims({ store, namespace: 'other' })
    await fails(foreign, rows, 'CLAIM_FOREIGN')
  })

  it('is told apart from an error of the activity itself, which passes', async () => {
    const { claims } = bed()
    const trouble = new Error('of the activity')
    const running = run(claims, [], async () => Promise.reject(trouble))
    await assert.rejects(running, (error) => error === trouble)
  })
})

it('the activities as a workflow calls them take values or claims', async () => {
  interface Activities {
    summarize(rows: readonly { readonly id: number }[], limit: number): Promise<string>
  }
  const { claims } = bed()
  const { rows, text } = await parkedOn(claims)
  const activities: WithClaims<Activities> = { summarize: async () => 'done' }
  assert.equal(await activities.summarize(rows, 5), 'done')
  assert.equal(await activities.summarize([{ id: 1 }], 5), 'done')
  // @ts-expect-error: a claim of a text is none of rows.
  assert.equal(await activities.summarize(text, 5), 'done')
})

function bed(): { store: WatchedStore; claims: Claims } {
  const store = new WatchedStore()
  return { store, claims: createClaims({ store, namespace: 'default' }) }
}

async function parkedOn(claims: Claims): Promise<{
  readonly rows: Claim<{ readonly id: number }[]>
  readonly text: Claim<string>
  readonly stream: Claim<Uint8Array>
}> {
  return inActivityContext(async () => ({
    rows: await claims.parkValue([{ id: 1 }]),
    text: await claims.parkValue('text'),
    stream: await claims.parkStream(Readable.from([Buffer.from('bytes')])),
  }))
}

/** What the activity is given. */
async function given(claims: Claims, ...args: unknown[]): Promise<unknown[]> {
  let seen: unknown[] = []
  await run(claims, args, async (inputs) => {
    seen = inputs
    return undefined
  })
  return seen
}

async function fails(claims: Claims, argument: unknown, type: string): Promise<void> {
  let hasBegun = false
  const running = run(claims, [argument], async () => {
    hasBegun = true
    return undefined
  })
  await assert.rejects(running, (error: Error) => {
    assert.ok(error instanceof ApplicationFailure)
    assert.deepEqual([error.type, error.nonRetryable], [type, true])
    return true
  })
  assert.equal(hasBegun, false)
}

async function run(
  claims: Claims,
  args: unknown[],
  body: (args: unknown[]) => Promise<unknown>,
): Promise<unknown> {
  const [factory] = claimArguments(claims).activity ?? []
  const { inbound } = factory?.(activityContext()) ?? {}
  const next = async (input: { args: unknown[] }): Promise<unknown> => body(input.args)
  return inActivityContext(async () => inbound?.execute?.({ args, headers: {} }, next))
}
