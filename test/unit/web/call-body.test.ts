import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RunView } from '../../../src/client/show-run.ts'
import { callBody } from '../../../src/web/api/call-body.ts'

const run: RunView = {
  workflowId: 'call/1',
  runId: '1',
  latestRunId: '1',
  type: 'callEndpoint',
  state: 'completed',
  startedAt: '2026-11-29T00:00:00Z',
  historyBytes: 0,
  historyEvents: 0,
}

describe('the body of a call', () => {
  it('is what the service has sent, byte for byte', async () => {
    for (const [body, encoding] of [
      ['é', 'text'],
      ['w6k=', 'base64'],
    ]) {
      const answer = callBody({ ...run, result: { encoding, body, contentType: 'text/x' } })
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from('é'))
      assert.equal(answer.headers.get('content-type'), 'application/octet-stream')
      assert.equal(answer.headers.get('x-answer-content-type'), 'text/x')
    }
  })

  it('is not there for another run, nor before it has come; where it was lost, that is said', () => {
    const code = 'RUN_WITHOUT_BODY'
    const result = { encoding: 'text', body: '' }
    for (const other of [{ state: 'running' }, { type: 'bulkLoad', result }] as const) {
      assert.throws(() => callBody({ ...run, ...other }), { code, message: /is no call/ })
    }
    const failure = { code: 'BLOB_MISSING', message: 'it is not in the store', remedy: 'Put it' }
    const message = /^The answer cannot be read: BLOB_MISSING: it is not in the store/
    assert.throws(() => callBody({ ...run, failure }), { code, message, remedy: 'Put it' })
    const away = { ...failure, code: 'STORE_UNREACHABLE' }
    assert.throws(() => callBody({ ...run, failure: away }), { code: away.code, retryable: true })
    const failed = { ...run, state: 'failed', failure } as const
    assert.throws(() => callBody(failed), { code, message: /is no call/ })
  })
})
