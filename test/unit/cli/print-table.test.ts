import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { printTable } from '../../../src/cli/print-table.ts'

function printed(
  isTTY: boolean,
  rows: readonly (readonly string[])[],
  header: readonly string[] = ['name', 'file'],
): string {
  let text = ''
  const write = (chunk: unknown): boolean => {
    text += String(chunk)
    return true
  }
  printTable(header, rows, { stdout: { isTTY, write } })
  return text
}

test('a terminal gets aligned columns under a header', () => {
  assert.equal(
    printed(true, [
      ['flights', 'a.yaml'],
      ['b', 'b.yaml'],
    ]),
    'NAME     FILE\nflights  a.yaml\nb        b.yaml\n',
  )
})

test('a program gets tab-separated values, whatever is in them', () => {
  assert.equal(
    printed(false, [
      ['a\tb', 'c\nd'],
      ['', 'e'],
    ]),
    'a b\tc d\n\te\n',
  )
  assert.equal(printed(false, []), '')
})

const green = '\u001b[32mgreen\u001b[39m'

test('no value and no name of a column commands a terminal, colours aside', () => {
  for (const isTTY of [true, false]) {
    const text = printed(isTTY, [['\u001b[2J\u009b'], [green]], ['\u001b]0;b\u0007'])
    assert.ok(text.includes(String.raw`\x1b[2J\x9b`) && text.includes(green), text)
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(text.replace(green, ''), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  }
})

test('a value breaks no line of a terminal either', () => {
  assert.equal(printed(true, [['x\ty', 'z\r\nw']]), 'NAME  FILE\nx y   z  w\n')
})

test('what is in colours is aligned with what is not', () => {
  const rows = printed(true, [
    [green, 'x'],
    ['red', 'y'],
  ]).split('\n', 3)
  const places = rows.map((row) => stripVTControlCharacters(row).search(/FILE|x|y/))
  assert.deepEqual(places, [7, 7, 7])
})

test('numbers and sizes stand to the right, whatever lacks among them', () => {
  const rows = [
    ['a', '1,234', '1.5 KiB', '2001-01'],
    ['b', '', '12 B', '12'],
    ['c', '7', '', '3'],
  ]
  assert.equal(
    printed(true, rows, ['name', 'rows', 'size', 'slice']),
    [
      'NAME   ROWS     SIZE  SLICE',
      'a     1,234  1.5 KiB  2001-01',
      'b               12 B  12',
      'c         7           3',
      '',
    ].join('\n'),
  )
})

test('a person is told that there is nothing, and a program gets nothing', () => {
  for (const [isTTY, expected] of [
    [true, 'Nothing.\n'],
    [false, ''],
  ] as const) {
    let told = ''
    const stderr = { write: (text: unknown) => (told += String(text)).length > 0 }
    const stdout = { isTTY, write: () => assert.fail('there is nothing') }
    printTable(['name'], [], { nothing: 'Nothing.', stdout, stderr })
    assert.equal(told, expected)
  }
})

test('a table may have more rows than a call takes arguments', () => {
  const rows = Array.from({ length: 200_000 }, (_, index) => [String(index)])
  assert.equal(printed(true, rows).split('\n').length, 200_002)
})
