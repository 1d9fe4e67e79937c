import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { confirm } from '../../../src/cli/confirm.ts'

function answered(typed: string): Promise<boolean> {
  const input = new PassThrough()
  input.end(typed)
  return confirm('Remove it?', { input, output: new PassThrough() })
}

test('yes is yes, and anything else is no', async () => {
  for (const typed of ['y\n', 'YES\n', ' yes \r\n']) assert.equal(await answered(typed), true)
  for (const typed of ['\n', 'n\n', 'yesterday\n']) assert.equal(await answered(typed), false)
})

test('who types no more has not said yes', async () => {
  assert.equal(await answered(''), false)
})

test('who interrupts at a terminal has said no', async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  input.write('y\u0003')
  assert.equal(await confirm('Remove it?', { input, output }), false)
})
