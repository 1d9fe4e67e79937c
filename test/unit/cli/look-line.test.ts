import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCountLine } from '../../../src/cli/count-line.ts'
import { createLookLine } from '../../../src/cli/look-line.ts'

describe('createLookLine', () => {
  it('counts what is looked at and found, and anew when it looks again', () => {
    const written: string[] = []
    let nowMs = 0
    const output = { isTTY: true, write: (text: string) => written.push(text) > 0 }
    const line = createLookLine(() =>
      createCountLine(output, () => {
        nowMs += 1_000
        return nowMs
      }),
    )
    const last = (): string => written.at(-1) ?? ''
    for (let index = 0; index < 1_200; index += 1) line.look('object')
    line.look('history')
    assert.match(last(), /1,200 objects and 1 runs looked at/)
    line.found(7)
    assert.match(last(), /looked at, 7 objects are garbage so far/)
    line.again('waiting')
    assert.match(last(), /waiting/)
    line.look('object')
    assert.match(last(), /1 objects and 0 runs looked at/)
    assert.doesNotMatch(last(), /garbage/)
    line.end()
    assert.equal(last(), '\r\u001b[2K')
  })
})
