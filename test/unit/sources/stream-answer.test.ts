import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Agents } from '../../../src/sources/agents.ts'
import { SourceHosts } from '../../../src/sources/source-hosts.ts'
import { streamAnswer } from '../../../src/sources/stream-answer.ts'
import { openHostileSource, raw } from '../../support/hostile-source.ts'
import { resetLater } from '../../support/reset-later.ts'

test('an answer that breaks off before anybody reads it ends no process, and fails who reads it then', async () => {
  const server = await openHostileSource({
    '/': raw({ 'Content-Length': 1_000_000 }, 'x'.repeat(1000), resetLater),
  })
  const agents = new Agents()
  const { signal } = new AbortController()
  const answer = await streamAnswer(
    { url: new URL(server.url), isNamed: true, shown: server.url },
    { hosts: new SourceHosts(undefined), agents, signal, deadline: signal, headers: {} },
  )
  await delay(50)
  await assert.rejects(Array.fromAsync(answer.body), {
    code: 'SOURCE_UNREACHABLE',
    retryable: true,
  })
  agents.close()
  await server.close()
})
