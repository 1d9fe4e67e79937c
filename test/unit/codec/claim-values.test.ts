import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { asyncLocalStorage } from '@temporalio/activity'
import fc from 'fast-check'
import {
  createClaims,
  isClaim,
  parseClaim,
  staticKeys,
  type Claim,
  type Claims,
  type ClaimsOptions,
} from '../../../codec/index.ts'
import { activityContext, inActivityContext } from './activity-samples.ts'
import { WatchedStore } from './watched-store.ts'

const encryption = staticKeys({ keys: { '2026-11': randomBytes(32) } })

describe('claim of a value', () => {
  for (const options of [{}, { encryption }]) {
    const kind = 'encryption' in options ? 'encrypted' : 'plain'

    it(`gives back any JSON value, ${kind}`, async () => {
      const claims = claimsOn(new WatchedStore(), options)
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          assert.deepEqual(await thereAndBack(claims, value), JSON.parse(JSON.stringify(value)))
        }),
        { numRuns: 50 },
      )
    })

    it(`gives back rows, however many and whatever is in them, ${kind}`, async () => {
      const claims = claimsOn(new WatchedStore(), options)
      const rows = fc.array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary' })))
      await fc.assert(
        fc.asyncProperty(rows, async (list) => {
          assert.deepEqual(await thereAndBack(claims, list), JSON.parse(JSON.stringify(list)))
        }),
        { numRuns: 50 },
      )
    })

    it(`gives back bytes, none too, ${kind}`, async () => {
      const claims = claimsOn(new WatchedStore(), options)
      for (const size of [0, 1, 70_000, 1024 * 1024, 1024 * 1024 + 1]) {
        const bytes = randomBytes(size)
        const back = await thereAndBack<Uint8Array>(claims, bytes)
        assert.ok(back instanceof Uint8Array && Buffer.compare(back, bytes) === 0, `${size}`)
      }
    })
  }

  it('gives back rows whose text is cut anywhere, within a letter too', async () => {
    const claims = claimsOn(new WatchedStore())
    // Three bytes a letter: of three neighbouring places, two lie within one.
    for (const before of ['', 'a', 'aa']) {
      const rows = [before, '✈'.repeat(400_000), { text: '\n\u2028"\\,\n]' }]
      assert.deepEqual(await thereAndBack(claims, rows), rows)
    }
  })

  it('says what the bytes are, as JSON has them', async () => {
    const claims = claimsOn(new WatchedStore())
    const kinds = await inActivityContext(async () =>
      Promise.all(
        [
          null,
          'text',
          5,
          { a: 1 },
          [],
          [undefined, () => 1, { at: new Date(0) }],
          Buffer.of(1),
        ].map(async (value) => {
          const claim = await claims.parkValue<unknown>(value)
          return [claim.encoding, await claims.fetchValue(claim)]
        }),
      ),
    )
    assert.deepEqual(kinds, [
      ['json/plain', null],
      ['json/plain', 'text'],
      ['json/plain', 5],
      ['json/plain', { a: 1 }],
      ['json/rows', []],
      ['json/rows', [null, null, { at: '1970-01-01T00:00:00.000Z' }]],
      ['binary/plain', Uint8Array.of(1)],
    ])
  })

  it('is plain data that the next activity reads as it came out of history', async () => {
    const store = new WatchedStore()
    const claim = await inActivityContext(async () => claimsOn(store).parkValue({ rows: 3 }))
    const fromHistory: unknown = JSON.parse(JSON.stringify(claim))
    assert.ok(isClaim(fromHistory))
    assert.deepEqual(parseClaim(fromHistory), { claim, namespace: 'default' })
    assert.deepEqual(await claimsOn(store).fetchValue(fromHistory), { rows: 3 })
    assert.ok(Buffer.byteLength(JSON.stringify(claim)) < 600)
  })

  it('carries the type of its value', async () => {
    const claims = claimsOn(new WatchedStore())
    await inActivityContext(async () => {
      const claim: Claim<{ readonly rows: number }> = await claims.parkValue({ rows: 3 })
      const { rows }: { readonly rows: number } = await claims.fetchValue(claim)
      assert.equal(rows, 3)
      // @ts-expect-error: a claim of one type is none of another.
      const wrong: Claim<string> = claim
      assert.equal(wrong, claim)
      // @ts-expect-error: a claim is no value.
      const value: { readonly rows: number } = claim
      assert.equal(value, claim)
    })
  })

  it('is the same for the same value, of this attempt or another, and makes no second object', async () => {
    for (const options of [{}, { encryption }]) {
      const store = new WatchedStore()
      const park = async (attempt: number): Promise<Claim> =>
        inActivityContext(async () => claimsOn(store, options).parkValue({ rows: [1, 2] }), {
          info: { attempt },
        })
      const one = await park(1)
      assert.deepEqual(await park(2), one)
      assert.equal((await store.keys()).length, 1)
    }
  })

  it('lies under its run, escaped, with what an operator wants to know beside it', async () => {
    const store = new WatchedStore()
    const workflowExecution = { workflowId: 'etl/a b', runId: 'run-9' }
    const claim = await inActivityContext(async () => claimsOn(store).parkValue('x'), {
      info: { workflowExecution },
    })
    assert.equal(claim.key, `values/default/etl=2Fa=20b/run-9/${claim.digest}`)
    // An activity that no workflow has begun is its own owner.
    const standalone = activityContext()
    Object.assign(standalone.info, { workflowExecution: undefined, inWorkflow: false })
    const alone = await asyncLocalStorage.run(standalone, async () =>
      claimsOn(store).parkValue('x'),
    )
    assert.equal(alone.key, `values/default/7/=/${claim.digest}`)
    const { metadata } = (await store.head(claim.key)) ?? {}
    assert.partialDeepStrictEqual(metadata, {
      namespace: 'default',
      encoding: 'json=2Fplain',
      'workflow-id': 'etl=2Fa=20b',
      'plain-bytes': '3',
    })
  })
})

describe('a value that cannot be parked', () => {
  const unsupported: Readonly<Record<string, () => unknown>> = {
    undefined: () => undefined,
    'a function': () => () => 1,
    'a symbol': () => Symbol('s'),
    'a BigInt': () => 5n,
    'a BigInt in an object': () => ({ id: 5n }),
    'a BigInt in a row': () => [{ id: 1 }, { id: 5n }],
    'a cycle': () => {
      const node: Record<string, unknown> = {}
      node['self'] = node
      return node
    },
    'a Map, of which JSON would keep nothing': () => new Map([[1, 2]]),
    'a Set': () => new Set([1]),
    'an ArrayBuffer': () => new ArrayBuffer(8),
    'what has no JSON by its own word': () => ({ toJSON: () => undefined }),
    'what fails to become JSON': () => ({
      toJSON: () => {
        throw new TypeError('no')
      },
    }),
  }
  for (const [name, make] of Object.entries(unsupported)) {
    it(`${name} says so and leaves nothing`, async () => {
      const store = new WatchedStore()
      await assert.rejects(
        inActivityContext(async () => claimsOn(store).parkValue(make())),
        { code: 'VALUE_UNSUPPORTED', retryable: false },
      )
      assert.deepEqual(await store.keys(), [])
    })
  }

  it('outside an activity says so: nothing would tell how long it is to live', async () => {
    const store = new WatchedStore()
    await assert.rejects(claimsOn(store).parkValue(1), {
      code: 'VALUE_UNSUPPORTED',
      message: /outside an activity/,
    })
    assert.deepEqual(await store.keys(), [])
  })

  it('in a cancelled activity is not parked', async () => {
    const store = new WatchedStore()
    const signal = AbortSignal.abort(new Error('cancelled'))
    const parking = inActivityContext(async () => claimsOn(store).parkValue(1), { signal })
    await assert.rejects(parking, /^Error: cancelled$/)
    assert.deepEqual(await store.keys(), [])
  })
})

function claimsOn(store: WatchedStore, options: Partial<ClaimsOptions> = {}): Claims {
  return createClaims({ store, namespace: 'default', ...options })
}

async function thereAndBack<T>(claims: Claims, value: T): Promise<T> {
  return inActivityContext(async () => claims.fetchValue(await claims.parkValue(value)))
}
