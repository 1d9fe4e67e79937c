import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { TextFormat } from '../../../activities/index.ts'
import { answer, openHostileSource, type HostileSource } from '../../support/hostile-source.ts'
import { fetchFrom } from './fetch-from.ts'

const secret = 's3cret'
const html = `<!doctype html><title>${secret}</title>`
const typed = (contentType: string, body: string | Buffer) =>
  answer({ headers: { 'Content-Type': contentType }, body })
const latin1 = Buffer.from('id,name\n1,Tromsø\n', 'latin1')

describe('an answer with status 200', () => {
  let source: HostileSource
  before(async () => {
    source = await openHostileSource({
      '/html': typed('text/html; charset=utf-8', html),
      '/html-as-json': typed('application/json', `\uFEFF\n${html}`),
      '/xml': typed('text/xml', `<error>${secret}</error>`),
      '/empty': typed('application/json', ''),
      '/empty-ndjson': typed('application/x-ndjson', ''),
      '/blank-ndjson': typed('application/jsonl', '\n'),
      '/none': answer({ status: '204 No Content' }),
      '/text': typed('text/plain', `try later, ${secret}`),
      '/strange-type': typed(`${secret} \u0022x`, html),
      '/utf-16': typed('application/json', Buffer.from('\uFEFF[]', 'utf16le')),
      '/utf-16-declared': typed('text/csv; charset="UTF-16LE"', Buffer.from('id\n1', 'utf16le')),
      '/latin1': typed('text/csv; charset=ISO-8859-1', latin1),
      '/latin1-in-name': typed('text/csv; charset=ISO-8859-1', 'id,name\n1,Tromsø\n'),
      '/bom': typed('application/json; charset=UTF-8', '\uFEFF[{"id":1}]'),
      '/parquet': typed('application/octet-stream', 'PAR1…'),
    })
  })
  after(() => source.close())

  const fetch = (path: string, format: TextFormat) => fetchFrom({ url: source.url + path, format })

  const refused: readonly (readonly [string, TextFormat, string, string])[] = [
    ['/html', 'json', 'HTML', 'text/html'],
    ['/html', 'ndjson', 'HTML', 'text/html'],
    ['/html', 'csv', 'HTML', 'text/html'],
    ['/html-as-json', 'json', 'HTML', 'application/json'],
    ['/xml', 'json', 'XML or HTML', 'text/xml'],
    ['/empty', 'json', 'is empty', 'application/json'],
    ['/empty', 'ndjson', 'is empty', 'application/json'],
    ['/empty', 'csv', 'is empty', 'application/json'],
    ['/text', 'json', 'text', 'text/plain'],
    ['/strange-type', 'json', 'HTML', 'unusual'],
    ['/utf-16', 'json', 'UTF-16', 'application/json'],
    ['/parquet', 'csv', 'Parquet', 'application/octet-stream'],
  ]
  for (const [path, format, beginning, contentType] of refused) {
    it(`that is no ${format} page (${path}) is refused, with how it came and none of it`, async () => {
      await assert.rejects(fetch(path, format), (error: Error) => {
        assert.match(error.message, new RegExp(`answers 200 .*no ${format} page`))
        assert.match(error.message, new RegExp(`(begins like )?${beginning} \\[`))
        assert.match(error.message, new RegExp(`contentType=${contentType}\\]`))
        assert.doesNotMatch(error.message, /s3cret|doctype|later/)
        assert.ok('code' in error && error.code === 'SOURCE_MALFORMED')
        return true
      })
    })
  }

  it('and nothing in it is an empty list only where it says that it is a list', async () => {
    assert.equal((await fetch('/empty-ndjson', 'ndjson')).body.length, 0)
    assert.equal((await fetch('/blank-ndjson', 'ndjson')).body.toString(), '\n')
  })

  it('in another charset than UTF-8 is refused, unless it is so by name only', async () => {
    for (const [path, charset] of [
      ['/latin1', 'ISO-8859-1'],
      ['/utf-16-declared', 'UTF-16LE'],
    ] as const) {
      await assert.rejects(fetch(path, 'csv'), {
        code: 'SOURCE_MALFORMED',
        retryable: false,
        message: new RegExp(`a page in ${charset}`),
      })
    }
    assert.match((await fetch('/latin1-in-name', 'csv')).body.toString(), /Tromsø/)
  })

  it('and a byte order mark is taken as it is', async () => {
    assert.equal((await fetch('/bom', 'json')).body.toString(), '\uFEFF[{"id":1}]')
  })

  it('is the only one that is a page', async () => {
    await assert.rejects(fetch('/none', 'ndjson'), {
      code: 'SOURCE_REFUSED',
      message: /answers 204 .*contentType=application\/json/,
    })
  })
})
