import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printTable } from '../../../src/cli/print-table.ts'

function printed(isTTY: boolean, rows: readonly (readonly string[])[]): string {
  let text = ''
  const write = (chunk: unknown): boolean => {
    text += String(chunk)
    return true
  }
  printTable(['name', 'file'], rows, { isTTY, write })
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
