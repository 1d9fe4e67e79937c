import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { redactUrl, resolveReferences } from '../../../src/sources/resolve-references.ts'

test('references are replaced by what the environment has', () => {
  const environment = { HOST: 'h.invalid', KEY: '${HOST}$&' }
  assert.equal(
    resolveReferences('http://${HOST}/${HOST}', environment),
    'http://h.invalid/h.invalid',
  )
  // What comes out is not looked at again.
  assert.equal(resolveReferences('${KEY}', environment), '${HOST}$&')
  assert.equal(resolveReferences('$HOST {HOST} $', {}), '$HOST {HOST} $')
})

test('a variable that is not set or empty is named', () => {
  for (const environment of [{}, { KEY: '' }, { KEY: undefined }]) {
    assert.throws(() => resolveReferences('a${KEY}', environment), {
      code: 'SOURCE_SETTING_MISSING',
      retryable: false,
      message: /\$\{KEY\}.*variable=KEY/,
      remedy: /Set KEY/,
    })
  }
})

test('a URL for messages has no user, no values and no fragment', () => {
  assert.equal(
    redactUrl('https://u:p@h.invalid:8443/a/b?since=2001&key=s3cret&flag&=x#part'),
    'https://h.invalid:8443/a/b?since=…&key=…&…&=…',
  )
  assert.equal(redactUrl('http://h.invalid/'), 'http://h.invalid/')
  assert.equal(redactUrl('s3cret'), '(not a URL)')
})

test('no value of a query survives', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=&#?@:%-]{1,20}$/).map((text) => `s3cret${text}`)
  fc.assert(
    fc.property(secret, secret, (one, other) => {
      const url = new URL('http://h.invalid/path')
      url.searchParams.set('a', one)
      url.searchParams.set('b', other)
      url.password = one
      assert.doesNotMatch(redactUrl(url.href), /s3cret/)
      assert.doesNotMatch(redactUrl(`http://h.invalid/?a=${one}`), /\bs3cret\b/)
    }),
  )
})
