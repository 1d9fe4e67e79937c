import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readJsonPage } from '../../../activities/json/read-json-page.ts'

const paths = { records: ['data'], next: ['next'] }

function read(text: string, at: Parameters<typeof readJsonPage>[1] = paths) {
  return readJsonPage(Buffer.from(text), at)
}

function refuses(text: string, message: RegExp): void {
  assert.throws(
    () => read(text),
    (error: Error) => {
      assert.match(error.message, message)
      return 'code' in error && error.code === 'SOURCE_MALFORMED'
    },
  )
}

describe('readJsonPage', () => {
  test('counts what JSON.parse would find, wherever the members stand', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), json, { maxKeys: 4 }), { maxLength: 8 }),
        fc.string(),
        json,
        fc.constantFrom(undefined, 1, '\t'),
        (data, next, extra, indent) => {
          for (const page of [
            { data, next, extra },
            { extra, next, data },
            { next, extra, data },
          ]) {
            const found = read(JSON.stringify(page, null, indent))
            assert.equal(found.recordCount, data.length)
            assert.equal(found.next, next === '' ? undefined : next)
          }
        },
      ),
    )
  })

  test('finds nested paths and a body that is the array', () => {
    const nested = { records: ['result', 'items'], next: ['result', 'page', 'next'] }
    const page = read('{"result":{"items":[{},{}],"page":{"next":"n"}},"items":[]}', nested)
    assert.deepEqual([page.recordCount, page.next], [2, 'n'])
    assert.equal(read('[{},{}]', { records: [], next: undefined }).recordCount, 2)
    assert.equal(read('\uFEFF {"data":[]}').recordCount, 0)
  })

  test('keeps every digit of a numeric cursor', () => {
    assert.equal(read('{"data":[],"next":12345678901234567890}').next, '12345678901234567890')
  })

  test('takes null, false, an empty text and absence for the last page', () => {
    for (const tail of ['', ',"next":null', ',"next":false', ',"next":""']) {
      assert.equal(read(`{"data":[]${tail}}`).next, undefined)
    }
  })

  test('is not misled by brackets and quotes inside strings', () => {
    const data = [{ text: '],"next":"x"}' }, { text: '\\"]}' }]
    const page = read(JSON.stringify({ data, next: 'real' }))
    assert.deepEqual([page.recordCount, page.next], [2, 'real'])
  })

  test('refuses any page that was cut short', () => {
    const whole = JSON.stringify({ data: [{ a: 'x]}' }, { b: [1, { c: '"' }] }], next: 'n' })
    for (let length = 0; length < whole.length; length += 1) {
      refuses(whole.slice(0, length), /malformed|no array/)
    }
  })

  test('refuses an empty list beside an error, and no other', () => {
    for (const error of [
      '"error":"rate limited"',
      '"errors":[{"message":"try later"}]',
      '"errors" : { "code" : 7 }',
      '"error":true',
      '"success":false',
      '"ok": false',
    ]) {
      const name = /"(\w+)"/.exec(error)?.[1]
      refuses(`{${error},"data":[]}`, new RegExp(`no records, .*\`${name}\` tells of an error`))
      refuses(`{"data": [ ],${error},"next":"n"}`, /tells of an error/)
      assert.equal(read(`{${error},"data":[{"id":1}]}`).recordCount, 1)
      assert.equal(read(`{"meta":{${error}},"data":[]}`).recordCount, 0)
    }
    for (const none of ['null', 'false', '""', '[]', '[ ]', '{}', '{ }', '0', '3']) {
      for (const name of ['error', 'errors']) {
        assert.equal(read(`{"${name}":${none},"data":[]}`).recordCount, 0)
      }
    }
    assert.equal(read('{"success":true,"ok":true,"Error":"x","data":[]}').recordCount, 0)
    const errors = readJsonPage(Buffer.from('{"errors":[]}'), {
      records: ['errors'],
      next: undefined,
    })
    assert.equal(errors.recordCount, 0)
  })

  test('refuses what is not a page', () => {
    refuses('{"error":"not today"}', /no array of records at \$\.data/)
    refuses('{"data":{}}', /no array of records/)
    refuses('<html></html>', /no array|malformed/)
    refuses('{"data":[]}{"data":[]}', /follows the value/)
    refuses('{"data":[],"next":{}}', /next cursor/)
    refuses('{"data":[],"data":[]}', /twice/)
    refuses('{"data":[{},]}', /a value is missing/)
    refuses('{"data":[{} {}]}', /does not go on/)
    refuses('{"data":[{]}]}', /do not match/)
  })
})
