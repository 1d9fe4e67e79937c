import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { splitRecords } from '../../../../activities/json/split-records.ts'
import { jsonLine, UnwritableValueError } from '../../../../src/sources/modules/json-line.ts'

class Money {
  readonly #digits: string
  currency = 'NOK'

  constructor(digits: string) {
    this.#digits = digits
  }

  toJSON(): string {
    return this.#digits
  }
}

const half = String.fromCharCode(0xd800)

describe('a record of a module, as a line of JSON', () => {
  const written: readonly (readonly [unknown, string])[] = [
    [
      { a: 9007199254740993n, b: -0, c: 1e21, d: 0.1 },
      '{"a":9007199254740993,"b":-0,"c":1e+21,"d":0.1}',
    ],
    [{ at: new Date(Date.UTC(2001, 1, 3)) }, '{"at":"2001-02-03T00:00:00.000Z"}'],
    [
      { b: Buffer.from('00ff', 'hex'), u: new Uint8Array([1, 2, 3]).subarray(1) },
      '{"b":"\\\\x00ff","u":"\\\\x0203"}',
    ],
    [{ a: undefined, b: null, c: [undefined, null] }, '{"b":null,"c":[null,null]}'],
    [{ m: new Money('1.10') }, '{"m":"1.10"}'],
    [{ t: `${half}a\n\u2028"\\` }, '{"t":"\\ud800a\\n\u2028\\"\\\\"}'],
    [{ [half]: 1, '': 2 }, '{"\\ud800":1,"":2}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [JSON.parse('{"__proto__":{"x":1}}'), '{"__proto__":{"x":1}}'],
    [[1], '[1]'],
    ['text', '"text"'],
    [5, '5'],
    [undefined, 'null'],
    [{ n: Number.NaN, i: -Infinity }, '{"n":NaN,"i":-Infinity}'],
    [{ at: new Date('never') }, '{"at":Invalid Date}'],
  ]
  for (const [record, line] of written) {
    it(`is ${line}`, () => assert.equal(jsonLine(record), `${line}\n`))
  }

  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const unwritable: readonly (readonly [unknown, RegExp])[] = [
    [{ m: new Map([['a secret', 1]]) }, /holds a Map$/],
    [{ s: new Set() }, /holds a Set$/],
    [{ f: () => 1 }, /holds a function$/],
    [{ s: Symbol('secret') }, /holds a symbol$/],
    [{ p: Promise.resolve(1) }, /holds a Promise$/],
    [{ e: new Error('secret') }, /holds a Error$/],
    [{ n: Object(1) }, /holds a Number$/],
    [{ b: new ArrayBuffer(1) }, /holds a ArrayBuffer$/],
    [{ b: new Uint16Array(1) }, /holds a Uint16Array$/],
    [cycle, /without end$/],
    [{ o: { [Symbol.toStringTag]: 'a "secret"' } }, /holds an unusual object$/],
  ]
  for (const [record, message] of unwritable) {
    it(`is none: ${String(message)}`, () => {
      assert.throws(
        () => jsonLine(record),
        (error) => error instanceof UnwritableValueError && message.test(error.message),
      )
    })
  }

  it('is what JSON.stringify makes of it, wherever that loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const same = JSON.stringify(value)
        assert.equal(jsonLine(value).replaceAll(/(?<=[[:,]|^)-0(?=[\],}\n])/g, '0'), `${same}\n`)
      }),
    )
  })

  it('is set aside by itself where JSON has no such value', () => {
    const lines = [{ n: 1 }, { n: Number.NaN }, { n: new Date('never') }, { n: 2 }].map(jsonLine)
    const { malformed, count } = splitRecords(
      Buffer.from(lines.join('')),
      { kind: 'lines' },
      { strict: { fields: new Set(['n']) } },
    )
    assert.deepEqual([count, malformed.map(({ record }) => record)], [4, [1, 2]])
  })
})
