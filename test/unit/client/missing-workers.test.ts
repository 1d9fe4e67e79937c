import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingWorkers } from '../../../src/client/missing-workers.ts'
import type { QueueWorkers } from '../../../src/client/queue-workers.ts'
import { taskQueueOf, WORKER_ROLES, type WorkerRole } from '../../../workflows/task-queues.ts'

function queue(role: WorkerRole, change: Partial<QueueWorkers> = {}): QueueWorkers {
  return { role, taskQueue: taskQueueOf('q', role), workers: 0, others: [], ...change }
}

test('nothing is missing where each queue has a worker', () => {
  assert.deepEqual(missingWorkers(WORKER_ROLES.map((role) => queue(role, { workers: 1 }))), [])
})

test('where nobody polls at all, a worker of all roles is the remedy', () => {
  assert.deepEqual(missingWorkers(WORKER_ROLES.map((role) => queue(role))), [
    {
      problem: 'no worker polls the queues q, q-fetching, q-converting, q-loading',
      remedy: 'Start `claimcheck worker`.',
    },
  ])
})

test('where some roles have none, a worker of these is the remedy', () => {
  const queues = [queue('orchestration', { workers: 2 }), queue('fetching'), queue('loading')]
  assert.deepEqual(missingWorkers(queues), [
    {
      problem: 'no worker polls the queues q-fetching, q-loading',
      remedy: 'Start `claimcheck worker --roles fetching,loading`.',
    },
  ])
})

test('where workers of versions wait to be made current, that is the remedy', () => {
  assert.deepEqual(
    missingWorkers([queue('loading', { others: ['nightly.1.3.0', 'nightly.1.4.0'] })]),
    [
      {
        problem:
          'only workers of nightly.1.3.0, nightly.1.4.0 poll the queue q-loading, and no version is current',
        remedy:
          'Make one current: `temporal worker deployment set-current-version --deployment-name nightly --build-id 1.4.0`.',
      },
    ],
  )
})

test('where those of the current version are gone, they are asked for by name', () => {
  const queues = [
    queue('orchestration', { current: 'nightly.1.4.0', workers: 1 }),
    queue('loading', { current: 'nightly.1.4.0', others: [null] }),
  ]
  assert.deepEqual(missingWorkers(queues), [
    {
      problem: 'no worker of nightly.1.4.0, the current version, polls the queue q-loading',
      remedy:
        'Start `CLAIMCHECK_DEPLOYMENT_VERSION=nightly.1.4.0 claimcheck worker --roles loading`, or make another version current.',
    },
  ])
})
