/**
 * The floor's re-encoding, as lean as it gets while it is right: lines of flights as JSON on standard
 * input, rows of PostgreSQL's COPY text format on standard output.
 *
 * Keys are not read: all records of the source have the same fields in the same order, so a row is
 * the bytes between fixed places. A line that is not so spelled ends the program.
 */
import { readSync, writeSync } from 'node:fs'

const names = ['id', 'date', 'delay', 'distance', 'origin', 'destination']
const prefixes = names.map((name, index) => Buffer.from(`${index === 0 ? '{' : ','}"${name}":`))
const [quote, backslash, comma, brace, tab, lineEnd] = [0x22, 0x5c, 0x2c, 0x7d, 0x09, 0x0a]
const nullText = Buffer.from('\\N')
const nullWord = Buffer.from('null')

const input = Buffer.allocUnsafeSlow(1024 * 1024)
const output = Buffer.allocUnsafeSlow(1024 * 1024)
let filled = 0
for (;;) {
  const read = readSync(0, input, filled, input.length - filled, null)
  if (read === 0) break
  filled += read
  const end = input.lastIndexOf(lineEnd, filled - 1) + 1
  let written = 0
  for (let at = 0; at < end;) [at, written] = encodeLine(at, written)
  for (let sent = 0; sent < written;) sent += writeSync(1, output, sent, written - sent)
  input.copyWithin(0, end, filled)
  filled -= end
}
if (filled > 0) throw new Error('the last line has no end')

/** Returns the places after the line in the input and after the row in the output. */
function encodeLine(start: number, rowStart: number): [number, number] {
  let at = start
  let written = rowStart
  for (const prefix of prefixes) {
    for (const byte of prefix) if (input[at++] !== byte) throw unexpected(at)
    if (written > rowStart) output[written++] = tab
    if (input[at] === quote) {
      for (at += 1; input[at] !== quote; at += 1) {
        if (input[at] === backslash) throw unexpected(at)
        output[written++] = input[at] ?? 0
      }
      at += 1
    } else if (input[at] === nullWord[0]) {
      written += nullText.copy(output, written)
      at += nullWord.length
    } else {
      for (; input[at] !== comma && input[at] !== brace; at += 1) output[written++] = input[at] ?? 0
    }
  }
  if (input[at] !== brace || input[at + 1] !== lineEnd) throw unexpected(at)
  output[written++] = lineEnd
  return [at + 2, written]
}

function unexpected(at: number): Error {
  return new Error(`the line is not spelled as the floor expects it, before byte ${at} of a block`)
}
