import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseColumnType } from '../../../src/pipeline/column-type.ts'
import { defaultProblem } from '../../../src/pipeline/default-problem.ts'

const GOOD: Readonly<Record<string, readonly string[]>> = {
  smallint: ['0', '-32768', '+32767'],
  bigint: ['9223372036854775807', '-9223372036854775808'],
  'numeric(5, 2)': ['0', '-999.99', '1.5', '001.500', '.5'],
  'numeric(2, 2)': ['.99', '0.5', '0'],
  double: ['1e308', '-0', 'NaN', '-Infinity', '.5'],
  boolean: ['true', 'F', '1'],
  text: ['', 'x', 'null'],
  date: ['2000-02-29', 'infinity', '0001-01-01'],
  timestamp: ['2001-02-03T04:05:06.123456', '2001-02-03 24:00'],
  timestamptz: ['2001-02-03T04:05:06+05:30'],
  time: ['04:05', '24:00:00'],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  json: ['{}', '[1.10]', '"\\u0000"', 'null'],
  jsonb: ['{"a": [1, 2]}'],
  bytea: ['', '\\x00ff', 'AQID'],
  'integer[]': ['{}', '{1,NULL, "2" }', '[]', ' [1, null, "-2"] ', '{\\1}'],
  'numeric(5, 2)[]': ['{1.5,-999.99}', '[1.50]'],
  'text[]': ['{}', '{"a,b",NULL,\\NULL,"",c d}', '["a\\u00e9", "null", 1.10]', '{é}'],
  'date[]': ['{2000-02-29,NULL}', '["2000-02-29"]'],
  'jsonb[]': ['{"{\\"a\\": [1]}",NULL,1}', '[{"a": [1, "]"]}, [], null, "x"]'],
  'bytea[]': ['{"\\\\x00"}', '{\\\\x00}', '["AQID"]'],
}

const BAD: Readonly<Record<string, readonly string[]>> = {
  smallint: ['32768', '1.5', '', '1e2'],
  bigint: ['9223372036854775808', '0x10'],
  'numeric(5, 2)': ['1000', '1.505', '', '.', '-', '1e2', 'NaN'],
  'numeric(2, 2)': ['1'],
  double: ['1e309', '1e-400', '', 'x', '1_0'],
  boolean: ['2', 'on', ''],
  text: ['\0', '\ud800'],
  date: ['2001-02-29', '2001-13-01', '0000-01-01', 'today', '0044-03-15 BC', '10000-01-01'],
  timestamp: ['2001-02-03T25:00', 'now'],
  timestamptz: ['2001-02-03T04:05:06+16'],
  time: ['24:01', '4'],
  uuid: ['a0eebc99'],
  json: ['', '{', '[1,]', 'NaN', '"\\ud800"', '{"a":1}}'],
  jsonb: ['"\\u0000"', '1e99999'],
  bytea: ['\\x0', 'A', 'AQ'],
  'integer[]': [
    '',
    '1',
    '{1',
    '{1,}',
    '{{1}}',
    '{1.5}',
    '[1.5]',
    '[[1]]',
    '[1,]',
    '{"NULL"}',
    'null',
  ],
  'numeric(5, 2)[]': ['{1000}', '[1.505]'],
  'text[]': ['{a"b"}', '["\\u0000"]', '["\\ud800"]', '[{}]', '{a,}', '[1:1]={a}'],
  'date[]': ['{2001-02-29}', '["today"]'],
  'jsonb[]': [
    '{a}',
    '[1 2]',
    '[1,,2]',
    '[{"a":1,}]',
    '{"a": 1}',
    '["\\u0000"]',
    '{"\\"\\\\u0000\\""}',
  ],
  'bytea[]': ['{\\x0}', '["A"]'],
}

for (const [name, texts] of Object.entries(GOOD)) {
  test(`a default may be of type ${name}`, () => {
    const parsed = parseColumnType(name)
    assert.ok('value' in parsed)
    for (const text of texts) assert.equal(defaultProblem(parsed.value, text), undefined, text)
    for (const text of BAD[name] ?? []) {
      const problem = `is not of type ${name.replace(/^numeric[^[]*$/, 'numeric')}`
      assert.equal(defaultProblem(parsed.value, text), problem, text)
    }
  })
}
