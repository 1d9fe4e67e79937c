import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { resolveReferences, shownUrl } from '../../../src/sources/resolve-references.ts'

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

test('a URL for messages says where it leads, and shows no value but an origin', () => {
  const environment = { API: 'https://u:p@h.invalid:8443/s3cret?s3cret', KEY: 's3cret' }
  const shown = {
    '${API}/flights?key=${KEY}': 'https://h.invalid:8443/…/flights',
    'https://${KEY}:${KEY}@h.invalid/v1/${KEY}/flights': 'https://h.invalid/v1/${KEY}/flights',
    'http://h.invalid/': 'http://h.invalid/',
    '${KEY}/flights': '(not a URL)/flights',
  }
  for (const [template, expected] of Object.entries(shown)) {
    assert.equal(shownUrl(template, environment), expected)
  }
})

test('no value survives in a URL for messages, but for the origin at its start', () => {
  const value = fc.stringMatching(/^[A-Za-z0-9+/=&#?@:%-]{1,20}$/).map((text) => `s3cret${text}`)
  fc.assert(
    fc.property(value, value, (KEY, path) => {
      const environment = { KEY, API: `http://h.invalid/${path}` }
      for (const start of ['${API}', 'http://${KEY}@h.invalid', 'http://${KEY}']) {
        const shown = shownUrl(start + '/a/${KEY}?b=${KEY}', environment)
        assert.doesNotMatch(shown, /s3cret/)
      }
    }),
  )
})
