import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pagination } from '../../../activities/index.ts'
import { pageUrl } from '../../../src/sources/page-url.ts'
import { request } from './fetch-from.ts'

function address(next: Pagination, cursor: string | undefined): string {
  const query = { since: '{interval.start}', key: '${KEY}' }
  const asked = request({ url: 'http://h/rows?v=1', query, next })
  return pageUrl({ ...asked, cursor }, { KEY: 'k&' }, 'shown').search
}

const common = '?v=1&since=2001-01-01T00%3A00%3A00Z&key=k%26'

test('a page is asked for by number, the first one too', () => {
  const byPage = { kind: 'page', parameter: 'p', first: 0 } as const
  assert.equal(address(byPage, undefined), `${common}&p=0`)
  assert.equal(address(byPage, '7'), `${common}&p=7`)
  assert.equal(
    address({ kind: 'offset', parameter: 'skip', first: 1 }, undefined),
    `${common}&skip=1`,
  )
})

test('a cursor is asked for behind the first page only', () => {
  const byCursor: Pagination = { kind: 'cursor', path: ['next'], parameter: 'after' }
  assert.equal(address(byCursor, undefined), common)
  assert.equal(address(byCursor, 'a&b'), `${common}&after=a%26b`)
})

test('a link replaces all but what comes from references', () => {
  assert.equal(address({ kind: 'link-header' }, undefined), common)
  assert.equal(address({ kind: 'link-header' }, '?x=%20'), '?x=%20&key=k%26')
  assert.equal(address({ kind: 'link-header' }, '/a?'), '?key=k%26')
})
