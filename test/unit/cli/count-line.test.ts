import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCountLine } from '../../../src/cli/count-line.ts'

function terminal(isTTY: boolean) {
  const written: string[] = []
  let nowMs = 0
  const output = { isTTY, write: (text: string) => written.push(text) > 0 }
  const line = createCountLine(output, () => nowMs)
  return { line, text: () => written.join(''), wait: (ms: number) => (nowMs += ms) }
}

describe('createCountLine', () => {
  it('draws now and then, and leaves nothing behind', () => {
    const { line, text, wait } = terminal(true)
    line.show(() => 'one')
    line.show(() => assert.fail('too soon'))
    wait(200)
    line.show(() => 'three')
    line.end()
    line.end()
    const cleared = '\r\u001b[2K'
    const [before, one, three, ...rest] = text().split(cleared)
    assert.deepEqual([before, rest], ['', ['']])
    assert.ok(one?.includes('one') && three?.includes('three'), text())
  })

  it('says nothing where there is no terminal', () => {
    const { line, text } = terminal(false)
    line.show(() => assert.fail('nobody looks'))
    line.end()
    assert.equal(text(), '')
  })
})
