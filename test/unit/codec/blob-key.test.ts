import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  blobKey,
  digestOf,
  escapeKeySegment,
  generationOf,
  isDigest,
  parseBlobKey,
  unescapeKeySegment,
} from '../../../codec/index.ts'

describe('key segment', () => {
  const known = [
    ['default', 'default'],
    ['team/a', 'team=2Fa'],
    ['a=b', 'a=3Db'],
    ['..', '=2E=2E'],
    ['.', '=2E'],
    ['a.b', 'a.b'],
    ['', '='],
    ['æ 字', '=C3=A6=20=E5=AD=97'],
  ] as const
  for (const [text, segment] of known) {
    it(`writes ${JSON.stringify(text)} as ${segment}`, () => {
      assert.equal(escapeKeySegment(text), segment)
      assert.equal(unescapeKeySegment(segment), text)
    })
  }

  it('takes any text there and back, through safe characters only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const segment = escapeKeySegment(text)
        assert.match(segment, /^[A-Za-z0-9._=-]+$/)
        assert.equal(unescapeKeySegment(segment), text)
      }),
    )
  })

  it('reads back nothing that it would not have written', () => {
    for (const segment of ['', 'a/b', '..', '=2f', '=41', '=', '==', 'a=', '=G0', '=C3', 'a b']) {
      const text = unescapeKeySegment(segment)
      if (text !== undefined) assert.equal(escapeKeySegment(text), segment)
      else assert.notEqual(segment, '=')
    }
  })

  it('refuses what has no UTF-8 form', () => {
    assert.throws(() => escapeKeySegment('\uD800'), RangeError)
  })
})

describe('blob key', () => {
  it('says namespace, week and content', async () => {
    const name = {
      namespace: 'prod/eu',
      generation: generationOf(new Date('2026-11-25T00:00:00Z')),
      digest: await digestOf(Buffer.from('hello')),
    }
    const key = blobKey(name)
    assert.equal(
      key,
      'blobs/prod=2Feu/2026-W48/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    )
    assert.deepEqual(parseBlobKey(key), name)
  })

  it('is not read out of other keys', () => {
    const digest = 'a'.repeat(64)
    for (const key of [
      `blobs/default/2026-W48/${digest}/x`,
      `blobs/default/2026-W54/${digest}`,
      `blobs/default/2026-W48/${digest.toUpperCase()}`,
      `blobs/../2026-W48/${digest}`,
      `/blobs/default/2026-W48/${digest}`,
      `landing/default/2026-W48/${digest}`,
      `blobs//2026-W48/${digest}`,
      'blobs',
      '',
    ]) {
      assert.equal(parseBlobKey(key), undefined, key)
    }
  })
})

describe('digest', () => {
  it('of many slices is that of the whole', async () => {
    const { createHash } = await import('node:crypto')
    const bytes = Buffer.alloc(17 * 1024 * 1024 + 3, 'claimcheck')
    assert.equal(await digestOf(bytes), createHash('sha256').update(bytes).digest('hex'))
  })

  it('is 64 lower-case hexadecimal digits, and nothing around them', () => {
    const digest = '0123456789abcdef'.repeat(4)
    assert.ok(isDigest(digest))
    for (const text of ['', digest.slice(1), `${digest}0`, `${digest}\n`, digest.toUpperCase()]) {
      assert.equal(isDigest(text), false)
    }
  })
})
