import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  blobKey,
  generationOf,
  isDigest,
  parseBlobClaim,
  type BlobClaim,
} from '../../../codec/index.ts'
import { formatBlobClaim, maxClaimBytes } from '../../../codec/blob-claim.ts'

const digests = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
  .filter(isDigest)

const claims: fc.Arbitrary<BlobClaim> = fc
  .record({
    namespace: fc.string({ maxLength: 30 }).filter((text) => text.isWellFormed()),
    time: fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2099-01-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    digest: digests,
    bucket: fc.string({ maxLength: 40 }),
    sizeBytes: fc.nat(),
    storedBytes: fc.nat(),
    encoding: fc.string({ maxLength: 20 }),
  })
  .map(({ namespace, time, digest, ...rest }) => {
    const generation = generationOf(time)
    const key = blobKey({ namespace, generation, digest })
    return { kind: 'blob', ...rest, digest, generation, key }
  })

describe('claim', () => {
  it('is read as it was written, under 600 bytes', () => {
    fc.assert(
      fc.property(claims, (claim) => {
        const bytes = formatBlobClaim(claim)
        assert.ok(bytes.byteLength < maxClaimBytes)
        assert.deepEqual(parseBlobClaim(bytes), claim)
      }),
    )
  })

  it('that would be too long says so instead', () => {
    const [claim] = fc.sample(claims, 1)
    assert.ok(claim)
    assert.throws(() => formatBlobClaim({ ...claim, bucket: 'b'.repeat(600) }), {
      code: 'CLAIM_MALFORMED',
      message: /bytes long/,
    })
  })

  it('of another version is told apart from a broken one', () => {
    assert.throws(() => parseBlobClaim(Buffer.from('{"claim":2,"anything":true}')), {
      code: 'CLAIM_VERSION_UNKNOWN',
      message: /version 2/,
    })
  })

  it('with a field missing, wrong, foreign or added is refused', () => {
    fc.assert(
      fc.property(claims, fc.nat(), (claim, choice) => {
        const fields: Record<string, unknown> = JSON.parse(
          Buffer.from(formatBlobClaim(claim)).toString(),
        )
        const names = Object.keys(fields)
        const name = names[choice % names.length]
        assert.ok(name)
        const { [name]: _gone, ...missing } = fields
        for (const broken of [missing, { ...fields, [name]: null }, { ...fields, more: 1 }]) {
          const bytes = Buffer.from(JSON.stringify(broken))
          assert.throws(() => parseBlobClaim(bytes), { code: 'CLAIM_MALFORMED' })
        }
      }),
    )
    const [claim] = fc.sample(claims, 1)
    assert.ok(claim)
    for (const name of ['sizeBytes', 'storedBytes']) {
      for (const wrong of [-1, 1.5, 2 ** 60, '1']) {
        const bytes = Buffer.from(JSON.stringify({ claim: 1, ...claim, [name]: wrong }))
        assert.throws(() => parseBlobClaim(bytes), { code: 'CLAIM_MALFORMED' })
      }
    }
    for (const text of ['', 'null', '[]', '1', '"x"', '{', '{}', '{"claim":"1"}']) {
      assert.throws(() => parseBlobClaim(Buffer.from(text)), { code: 'CLAIM_MALFORMED' }, text)
    }
  })

  it('that points anywhere but at its own blob is refused', () => {
    const [claim] = fc.sample(claims, 1)
    assert.ok(claim)
    const good = Buffer.from(formatBlobClaim(claim)).toString()
    for (const key of [
      'landing/secret.csv',
      `../${claim.key}`,
      `https://evil.test/${claim.key}`,
      `blobs/other/2026-W48/${'0'.repeat(64)}`,
    ]) {
      const fields: Record<string, unknown> = JSON.parse(good)
      const bytes = Buffer.from(JSON.stringify({ ...fields, key }))
      assert.throws(() => parseBlobClaim(bytes), { code: 'CLAIM_MALFORMED' }, key)
    }
  })
})
