import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseToTerminal } from '../../../src/cli/refuse-to-terminal.ts'

const text = Buffer.from('\ufeffgrün, 中文, 😀\r\n')

test('text goes to a terminal, wherever its pieces are cut', () => {
  for (let at = 0; at <= text.length; at += 1) {
    const refuse = refuseToTerminal({ isTTY: true })
    for (const piece of [text.subarray(0, at), text.subarray(at)]) refuse(piece)
  }
})

test('what is no text does not, in a later piece either', () => {
  for (const bytes of ['\u001b[2J', '\u009b', '\0'].map((letter) => Buffer.from(letter))) {
    const refuse = refuseToTerminal({ isTTY: true })
    refuse(text)
    assert.throws(() => refuse(bytes), { code: 'OUTPUT_BINARY' })
  }
  assert.throws(() => refuseToTerminal({ isTTY: true })(Buffer.from([0xff])), {
    code: 'OUTPUT_BINARY',
  })
  refuseToTerminal({ isTTY: false })(Buffer.from([0xff, 0x1b]))
})
