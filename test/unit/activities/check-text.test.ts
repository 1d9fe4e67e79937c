import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { duplicateProblem } from '../../../activities/json/check-text.ts'

const problemOf = (record: string, fields: string[], ...paths: string[][]): string | undefined =>
  duplicateProblem(Buffer.from(record), new Set(fields), paths)

describe('a field that is there twice', () => {
  test('is found among the declared ones, however its name is written', () => {
    assert.equal(problemOf('{"a":1,"b":2,"\\u0061":3}', ['a']), 'the field "a" is there twice')
    assert.equal(problemOf('{"a":1,"b":2,"b":3}', ['a']), undefined)
    assert.equal(problemOf('{"a":1,"A":2}', ['a', 'A']), undefined)
  })

  test('is found where a path leads, in one object', () => {
    const twice = (name: string): string => `the field "${name}" is there twice`
    const path = ['a', 'b', 'c']
    assert.equal(problemOf('{"a":{"b":{"c":1,"c":1}}}', [], path), twice('$.a.b.c'))
    assert.equal(problemOf('{"a":{"b":{"c":1},"\\u0062":null}}', [], path), twice('$.a.b'))
    assert.equal(problemOf('{"a":{"b":{}},"a":{"b":{"c":1}}}', [], path), twice('a'))
    assert.equal(problemOf('{"a":{"x":1,"b":2,"b":3}}', [], ['x'], ['a', 'b']), twice('$.a.b'))
  })

  test('is none beside the path, behind it, or in two objects', () => {
    const records = [
      '{"a":{"b":{"c":{"d":1,"d":1}}}}',
      '{"a":{"b":{"x":1,"x":1}},"x":1,"x":1}',
      '{"a":{"x":1,"x":1},"b":{"c":1},"c":1}',
      '{"a":[{"b":1,"b":1}]}',
      '{"a":{"b":[{"c":1},{"c":1}]}}',
      '{"a":{"b":{"a":1,"b":1,"c":1}}}',
    ]
    for (const record of records) {
      assert.equal(problemOf(record, [], ['a', 'b', 'c'], ['b', 'c']), undefined, record)
    }
  })

  test('is looked for past names that are no JSON, which another check refuses', () => {
    assert.equal(problemOf('{"\\q":1,"a\n":2,"a":3}', ['a']), undefined)
  })
})
