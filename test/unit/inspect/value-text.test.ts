import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { doubleText } from '../../../src/inspect/datasets/double-text.ts'
import { jsonbText } from '../../../src/inspect/datasets/jsonb-text.ts'
import { dateText, timestampText, timeText } from '../../../src/inspect/datasets/moment-text.ts'

/** As PostgreSQL 18 has written them. */
const doubles: readonly (readonly [number, string])[] = [
  [0, '0'],
  [-0, '-0'],
  [NaN, 'NaN'],
  [-Infinity, '-Infinity'],
  [0.1, '0.1'],
  [-1.5, '-1.5'],
  [1e-4, '0.0001'],
  [1e-5, '1e-05'],
  [1e14, '100000000000000'],
  [1e15, '1e+15'],
  [123456789012345680, '1.2345678901234568e+17'],
  [2 ** 53, '9.007199254740992e+15'],
  // JavaScript writes 1e+23 and 5e+22, which lie in the middle between two doubles.
  [1e23, '9.999999999999999e+22'],
  [5e22, '4.9999999999999996e+22'],
  [5e-324, '5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [2.2250738585072014e-308, '2.2250738585072014e-308'],
]

describe('doubles', () => {
  test('are written as PostgreSQL writes them', () => {
    for (const [value, text] of doubles) assert.equal(doubleText(value), text)
  })

  test('are the same double when they are read, in no more digits than JavaScript needs and one or two', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        assert.ok(Object.is(Number(doubleText(value)), value))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('moments', () => {
  test('are written with their era, as many decimals as there are, and for ever', () => {
    assert.equal(dateText(0), '1970-01-01')
    assert.equal(dateText(11_016), '2000-02-29')
    assert.equal(dateText(-719_163), '0001-12-31 BC')
    assert.equal(dateText(-719_162), '0001-01-01')
    assert.equal(dateText(2_145_042_905), '5874897-12-31')
    assert.equal(dateText(2 ** 31 - 1), 'infinity')
    assert.equal(dateText(-(2 ** 31 - 1)), '-infinity')
    assert.equal(timestampText(-1n, '+00'), '1969-12-31 23:59:59.999999+00')
    assert.equal(timestampText(1_500_000n, ''), '1970-01-01 00:00:01.5')
    assert.equal(timestampText(-62_135_596_800_000_001n, '+00'), '0001-12-31 23:59:59.999999+00 BC')
    assert.equal(timestampText(2n ** 63n - 1n, ''), 'infinity')
    assert.equal(timestampText(-(2n ** 63n - 1n), '+00'), '-infinity')
    assert.equal(timeText(86_400_000_000n), '24:00:00')
    assert.equal(timeText(1n), '00:00:00.000001')
  })

  test('of our time are those of JavaScript', () => {
    const days = fc.integer({ min: -719_162, max: 2_932_896 })
    fc.assert(
      fc.property(days, (day) => {
        assert.equal(dateText(day), new Date(day * 86_400_000).toISOString().slice(0, 10))
      }),
    )
  })
})

test('jsonb is written in its own order, with all digits', () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      '{"b":1.50e1,"aa":[1e3,-0,-0.0,1E-3],"a":{}}',
      '{"a": {}, "b": 15.0, "aa": [1000, 0, 0.0, 0.001]}',
    ],
    ['{"k":1,"k":2}', '{"k": 2}'],
    ['{"é":1,"zz":2,"z":3}', '{"z": 3, "zz": 2, "é": 1}'],
    ['"\\u0041\\n\\u0001\\u007f\\/"', '"A\\n\\u0001\u007f/"'],
    ['12345678901234567890.1234567890', '12345678901234567890.1234567890'],
    ['1e-7', '0.0000001'],
    ['0e5', '0'],
    ['[true, null, false]', '[true, null, false]'],
    ['{"2":1,"10":0,"__proto__":null}', '{"2": 1, "10": 0, "__proto__": null}'],
  ]
  for (const [json, text] of cases) assert.equal(jsonbText(json), text)
})
