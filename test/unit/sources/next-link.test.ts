import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  PipelineError,
  type HttpSourceDefinition,
  type PipelineErrorCode,
} from '../../../activities/index.ts'
import { nextLink } from '../../../src/sources/next-link.ts'
import { pageUrl } from '../../../src/sources/page-url.ts'
import type { Environment } from '../../../src/sources/resolve-references.ts'
import { request } from './fetch-from.ts'

const plain = { url: 'https://api.test/v1/rows' }
const shown = 'shown'

/** The cursor that a link gives, and the address that the cursor leads to. */
function follow(
  target: string,
  source: Partial<HttpSourceDefinition> & { readonly url: string } = plain,
  environment: Environment = {},
): { cursor: string; url: string } {
  const asked = request({ ...source, next: { kind: 'link-header' } })
  const url = pageUrl(asked, environment, shown)
  const cursor = nextLink(`<${target}>; rel="next"`, asked, { url, environment, shown })
  assert.ok(cursor !== undefined)
  return { cursor, url: pageUrl({ ...asked, cursor }, environment, shown).href }
}

function refuses(code: PipelineErrorCode, run: () => unknown, message: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof PipelineError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.doesNotMatch(`${error.message}${error.remedy}${JSON.stringify(error.at)}`, /hunter2/)
    return true
  })
}

describe('a next link', () => {
  test('is followed as it is, relative to the page', () => {
    for (const [target, cursor, url] of [
      ['?page=2', '?page=2', 'https://api.test/v1/rows?page=2'],
      ['rows?page=2', '?page=2', 'https://api.test/v1/rows?page=2'],
      ['/v2/rows', '/v2/rows?', 'https://api.test/v2/rows'],
      [
        'https://API.test:443/v1/rows?a=b%2Bc+d#x',
        '?a=b%2Bc+d',
        'https://api.test/v1/rows?a=b%2Bc+d',
      ],
      ['//api.test//other.test/x', '//other.test/x?', 'https://api.test//other.test/x'],
      ['/ä?b=ö "c"', '/%C3%A4?b=%C3%B6%20%22c%22', 'https://api.test/%C3%A4?b=%C3%B6%20%22c%22'],
      ['', '?', 'https://api.test/v1/rows'],
    ] as const) {
      assert.deepEqual(follow(target), { cursor, url }, target)
    }
  })

  test('needs neither parameters of the pipeline nor its interval', () => {
    const query = { since: '{interval.start}', page: '1' }
    assert.equal(follow('?token=x', { ...plain, query }).url, 'https://api.test/v1/rows?token=x')
  })

  test('is absent where the page is the last', () => {
    const asked = request({ ...plain, next: { kind: 'link-header' } })
    const place = { url: new URL(plain.url), environment: {}, shown }
    assert.equal(nextLink(undefined, asked, place), undefined)
    assert.equal(nextLink('</>; rel="first"', asked, place), undefined)
  })

  test('is refused where it leads to another origin', () => {
    for (const target of [
      'http://api.test/v1/rows',
      'https://api.test:444/',
      '//evil.test/',
      'https://api.test.evil.test/',
      'javascript:alert(1)',
    ]) {
      refuses('NEXT_LINK_REFUSED', () => follow(target), /another origin/)
    }
  })

  test('is refused where it is too long for what it is kept in', () => {
    assert.equal(follow(`?c=${'x'.repeat(1497)}`).cursor.length, 1500)
    refuses('NEXT_LINK_REFUSED', () => follow(`?c=${'x'.repeat(1498)}`), /longer than 1500 bytes/)
    refuses('NEXT_LINK_REFUSED', () => follow(`?c=${'ä'.repeat(300)}`), /longer than 1500 bytes/)
  })

  test('that cannot be read is a malformed answer', () => {
    refuses('SOURCE_MALFORMED', () => follow('x>; "'), /Link header/)
    refuses('SOURCE_MALFORMED', () => follow('http://[x'), /Link header/)
  })
})

describe('a secret', () => {
  const environment = {
    KEY: 'hunter2&=+/ ä',
    API: 'https://user:hunter2-pass@api.test/hunter2-base',
    SHORT: 'hunt',
  }
  const query = { key: '${KEY}', 'the key': 'x${KEY}' }

  test('that a parameter of the pipeline carries is set again, not kept', () => {
    const echoed = new URLSearchParams({ page: '2', key: environment.KEY, z: '3' }).toString()
    for (const target of [
      `?${echoed}`,
      '?page=2&key=***&key=2&z=3',
      '?page=2&z=3',
      '?%6Bey=&page=2&z=3',
    ]) {
      const { cursor, url } = follow(target, { ...plain, query }, environment)
      assert.equal(cursor, '?page=2&z=3')
      assert.deepEqual(
        [...new URL(url).searchParams],
        [
          ['page', '2'],
          ['z', '3'],
          ['key', environment.KEY],
          ['the key', `x${environment.KEY}`],
        ],
      )
    }
  })

  test('that the URL carries is set again, not kept', () => {
    const url = `${plain.url}?v=1&token=\${SHORT}`
    const followed = follow('?v=1&token=hunt&page=2', { url }, environment)
    assert.equal(followed.cursor, '?v=1&page=2')
    assert.equal(followed.url, `${plain.url}?v=1&page=2&token=hunt`)
    const whole = { URL: `${plain.url}?token=hunter2` }
    const hidden = follow('?token=hunter2&page=2', { url: '${URL}' }, whole)
    assert.deepEqual(hidden, { cursor: '?page=2', url: `${plain.url}?page=2&token=hunter2` })
  })

  test('that stands in the path stays where it is', () => {
    const source = { url: '${API}/rows' }
    const { cursor, url } = follow('?page=2', source, environment)
    assert.equal(cursor, '?page=2')
    assert.equal(url, 'https://user:hunter2-pass@api.test/hunter2-base/rows?page=2')
    refuses('NEXT_LINK_REFUSED', () => follow('others?page=2', source, environment), /\$\{API\}/)
  })

  test('that the link repeats elsewhere is refused, whatever its spelling', () => {
    const source = { ...plain, headers: { 'x-api-key': '${KEY}', 'x-b': 'Bearer ${SHORT}' } }
    for (const target of [
      `?other=${encodeURIComponent(environment.KEY)}`,
      `?other=a${encodeURIComponent(environment.KEY)}b`,
      `?${encodeURIComponent(environment.KEY)}`,
      `/rows/${encodeURIComponent(environment.KEY)}`,
      `?${new URLSearchParams({ other: environment.KEY }).toString()}`,
      '?other=%68unt',
      '/hunt/rows',
    ]) {
      refuses('NEXT_LINK_REFUSED', () => follow(target, source, environment), /\$\{(KEY|SHORT)\}/)
    }
    // Too short to be looked for inside of other things.
    assert.equal(follow('?other=shunted', source, environment).cursor, '?other=shunted')
  })

  test('is never in a cursor, and what is not secret is always there', () => {
    const parameter = fc.tuple(fc.constantFrom('a', 'b', 'key'), fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(
        fc.array(parameter),
        // Of an address each part counts, however short.
        fc.string({ minLength: 6 }).filter((text) => !URL.parse(text)?.host),
        fc.boolean(),
        (parameters, secret, repeated) => {
          const all = [...parameters, ...(repeated ? [['key', secret] as [string, string]] : [])]
          const own = { ...plain, query: { key: '${KEY}' } }
          const isLeaked = parameters.some(
            ([name, value]) => name !== 'key' && value.includes(secret),
          )
          if (isLeaked) return
          const target = `?${new URLSearchParams(all).toString()}`
          const { cursor, url } = follow(target, own, { KEY: secret })
          assert.ok(!new URLSearchParams(cursor.slice(1)).has('key'))
          assert.deepEqual(
            [...new URL(url).searchParams],
            [...parameters.filter(([name]) => name !== 'key'), ['key', secret]],
          )
        },
      ),
      {
        examples: [
          [[['a', 'x']], 'a&b=+%ä', true],
          [[['b', '']], 'ab:c d#b', false],
        ],
      },
    )
  })
})
