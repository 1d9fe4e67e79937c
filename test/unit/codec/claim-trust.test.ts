import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  CodedError,
  createClaims,
  parseClaim,
  staticKeys,
  type Claim,
  type Claims,
  type ClaimsOptions,
  type ObjectKey,
} from '../../../codec/index.ts'
import { inActivityContext } from './activity-samples.ts'
import { WatchedStore } from './watched-store.ts'

const rows = [{ id: 1, secret: 'Oslo' }, { id: 2 }]

describe('a claim that is not to be trusted', () => {
  it('of another namespace is not followed, unless that is allowed', async () => {
    const store = new WatchedStore()
    const claim = await parked(store, rows)
    const other = { namespace: 'other' }
    await fails(claimsOn(store, other), claim, 'CLAIM_FOREIGN')
    const reader = claimsOn(store, { ...other, readableNamespaces: ['default'] })
    assert.deepEqual(await reader.fetchValue(claim), rows)
  })

  it('of another bucket is read in this one, so that a bucket can be moved', async () => {
    const store = new WatchedStore({ bucket: 'moved' })
    const claim = await parked(store, rows)
    assert.deepEqual(await claimsOn(store).fetchValue({ ...claim, bucket: 'before' }), rows)
    const elsewhere = new WatchedStore({ bucket: 'elsewhere' })
    await assert.rejects(claimsOn(elsewhere).fetchValue(claim), {
      code: 'BLOB_MISSING',
      message: /bucket=elsewhere/,
    })
  })

  it('points nowhere but at values', async () => {
    const claim = await parked(new WatchedStore(), rows)
    for (const key of [
      'landing/flights/secret.csv',
      `blobs/default/2026-W48/${'0'.repeat(64)}`,
      claim.key.replace('values/', 'values/../'),
      `${claim.key}/more`,
      claim.key.replace('run-1', 'run 1'),
      '',
    ]) {
      assert.throws(() => parseClaim({ ...claim, key }), { code: 'CLAIM_MALFORMED' }, key)
    }
  })

  it('with a member missing, wrong or added is refused; of another version, told apart', async () => {
    const claim = await parked(new WatchedStore(), rows)
    const claims = claimsOn(new WatchedStore())
    for (const name of Object.keys(claim)) {
      const { [name]: _gone, ...missing } = { ...claim } as Record<string, unknown>
      for (const broken of [missing, { ...claim, [name]: null }, { ...claim, [name]: [1] }]) {
        await fails(claims, broken as unknown as Claim, 'CLAIM_MALFORMED')
      }
    }
    for (const [change, code] of [
      [{ more: 1 }, 'CLAIM_MALFORMED'],
      [{ sizeBytes: -1 }, 'CLAIM_MALFORMED'],
      [{ sizeBytes: 1.5 }, 'CLAIM_MALFORMED'],
      [{ digest: 'A'.repeat(64) }, 'CLAIM_MALFORMED'],
      [{ encoding: 'binary/other' }, 'CLAIM_MALFORMED'],
      [{ kind: 'blob' }, 'CLAIM_MALFORMED'],
      [{ claim: 2, kind: 'later' }, 'CLAIM_VERSION_UNKNOWN'],
    ] as const) {
      await fails(claims, { ...claim, ...change } as unknown as Claim, code)
    }
    for (const nothing of [null, undefined, 1, 'claim', []]) {
      assert.throws(() => parseClaim(nothing), { code: 'CLAIM_MALFORMED' })
    }
  })

  it('of another size or digest gives no value', async () => {
    const store = new WatchedStore()
    const claim = await parked(store, rows)
    const claims = claimsOn(store)
    const { digest } = await parked(new WatchedStore(), 'other')
    await fails(claims, { ...claim, digest }, 'BLOB_DAMAGED')
    for (const sizeBytes of [0, claim.sizeBytes - 1, claim.sizeBytes + 1, 100_000_000]) {
      await fails(claims, { ...claim, sizeBytes }, 'BLOB_DAMAGED')
    }
    // Not read to its end to find that out.
    const large = await parked<Uint8Array>(store, randomBytes(3 * 1024 ** 2))
    await assert.rejects(claims.fetchValue({ ...large, sizeBytes: 1024 ** 2 }), {
      code: 'BLOB_DAMAGED',
      message: /holds more than 1048576 bytes/,
    })
  })

  it('of a size for which there is no memory says so', async () => {
    const store = new WatchedStore()
    const claim = await parked(store, { id: 1 })
    const sizeBytes = Number.MAX_SAFE_INTEGER
    await fails(claimsOn(store), { ...claim, sizeBytes }, 'PAYLOAD_TOO_LARGE')
  })

  it('of another encoding quotes nothing of what it read', async () => {
    const store = new WatchedStore()
    const text = await parked<unknown>(store, Buffer.from('[secret\nsecret\n]'))
    const one = await parked<unknown>(store, { secret: 'Oslo' })
    for (const [claim, encoding] of [
      [text, 'json/plain'],
      [text, 'json/rows'],
      [one, 'json/rows'],
    ] as const) {
      const error = await fails(claimsOn(store), { ...claim, encoding }, 'CLAIM_MALFORMED')
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /secret|Oslo/)
    }
  })

  it('of an object that is missing or damaged is named, with its place', async () => {
    const store = new WatchedStore()
    const claim = await parked(store, rows)
    const good = await store.get(claim.key)
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (choice) => {
        const bad = Buffer.from(good)
        const bit = choice % (bad.byteLength * 8)
        bad.writeUInt8(bad.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        await overwrite(store, claim.key, bad)
        const error = await fails(claimsOn(store), claim, 'BLOB_DAMAGED')
        assert.ok(error.message.includes(`bucket=memory, key=${claim.key}`))
      }),
      { numRuns: 100 },
    )
    await overwrite(store, claim.key, good.subarray(0, -1))
    await fails(claimsOn(store), claim, 'BLOB_DAMAGED')
    await overwrite(store, claim.key, Buffer.concat([good, good]))
    await fails(claimsOn(store), claim, 'BLOB_DAMAGED')
    await store.delete([claim.key])
    await fails(claimsOn(store), claim, 'BLOB_MISSING')
  })

  it('is opened with the right key only', async () => {
    const store = new WatchedStore()
    const encryption = staticKeys({ keys: { a: randomBytes(32) } })
    const claim = await parked(store, rows, { encryption })
    assert.deepEqual(await claimsOn(store, { encryption }).fetchValue(claim), rows)
    await fails(claimsOn(store), claim, 'ENCRYPTION_KEY_MISSING')
    const wrong = staticKeys({ keys: { a: randomBytes(32) } })
    await fails(claimsOn(store, { encryption: wrong }), claim, 'ENCRYPTION_KEY_WRONG')
  })
})

function claimsOn(store: WatchedStore, options: Partial<ClaimsOptions> = {}): Claims {
  return createClaims({ store, namespace: 'default', ...options })
}

async function parked<T>(
  store: WatchedStore,
  value: T,
  options: Partial<ClaimsOptions> = {},
): Promise<Claim<T>> {
  return inActivityContext(async () => claimsOn(store, options).parkValue(value))
}

async function fails(claims: Claims, claim: Claim, code: string): Promise<Error> {
  try {
    await claims.fetchValue(claim)
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    assert.equal(error.code, code, error.message)
    return error
  }
  return assert.fail(`a value came where ${code} was due`)
}

async function overwrite(store: WatchedStore, key: ObjectKey, body: Uint8Array): Promise<void> {
  await store.put(key, body, { contentType: 'x/y' })
}
