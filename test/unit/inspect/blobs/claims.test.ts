import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import { parseClaimPayload } from '../../../../codec/claim-payload.ts'
import { landingPrefix, manifestKey } from '../../../../activities/bucket-layout.ts'
import { claimHolders, type HeldClaim } from '../../../../src/inspect/blobs/claim-holders.ts'
import { datasetHolders } from '../../../../src/inspect/blobs/dataset-holders.ts'
import { diskUsage } from '../../../../src/inspect/blobs/disk-usage.ts'
import { claimsOfEvent } from '../../../../src/inspect/blobs/event-claims.ts'
import { fillStore, run } from './filled-store.ts'
import { knownRuns } from './known-runs.ts'

const { EventType } = proto.temporal.api.enums.v1

function payloads(...list: readonly (Payload | undefined)[]) {
  return { payloads: list.filter((payload) => payload !== undefined) }
}

const { signal } = new AbortController()

describe('claimsOfEvent', () => {
  it('says in which field of which event a claim stands', async () => {
    const { claims } = await fillStore(2)
    const [first, second, third] = claims
    assert.ok(first && second && third)
    const cause = { encodedAttributes: third, applicationFailureInfo: {} }
    const event = {
      eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
      activityTaskFailedEventAttributes: {
        failure: { cause, applicationFailureInfo: { details: payloads(second) } },
      },
      userMetadata: { summary: first },
    }
    const found = claimsOfEvent(event, { workflowId: 'w' })
    const keyOf = (payload: Payload | undefined) => payload && parseClaimPayload(payload).key
    assert.deepEqual(
      new Set(found.map(({ field, eventType, claim }) => `${field} ${eventType} ${claim.key}`)),
      new Set([
        `failure ActivityTaskFailed ${keyOf(second)}`,
        `failure ActivityTaskFailed ${keyOf(third)}`,
        `userMetadata ActivityTaskFailed ${keyOf(first)}`,
      ]),
    )
  })
})

describe('claimHolders', () => {
  it('finds histories, what open runs hold beside theirs, and schedules', async () => {
    const { claims } = await fillStore(2)
    const [wanted, other] = claims
    assert.ok(wanted !== undefined)
    const { key } = parseClaimPayload(wanted)
    const started = (payload: Payload | undefined) => ({
      eventId: 1,
      eventType: 1,
      workflowExecutionStartedEventAttributes: { input: payloads(payload) },
    })
    const histories = knownRuns(
      { a: [started(other)], b: [started(other), { ...started(wanted), eventId: 2 }] },
      { 'schedule s': { schedule: { action: { startWorkflow: { input: payloads(wanted) } } } } },
      { pendingActivities: [{ heartbeatDetails: payloads(other) }] },
    )
    const find = async (matched: string) => {
      const matches = (claim: HeldClaim['claim']): boolean => claim.key === matched
      return Array.fromAsync(claimHolders(histories, { matches, signal }))
    }
    const held = await find(key)
    assert.deepEqual(
      held.map(({ claim, ...place }) => ({ ...place, isMeant: claim.key === key })),
      [
        {
          holder: 'workflow',
          workflowId: 'b',
          runId: 'run of b',
          eventId: 2,
          eventType: 'WorkflowExecutionStarted',
          field: 'input',
          isMeant: true,
        },
        { holder: 'other', name: 'schedule s', isMeant: true },
      ],
    )
    const others = await find(parseClaimPayload(other ?? {}).key)
    assert.deepEqual(
      others.map(({ holder }) => holder),
      ['workflow', 'pending', 'workflow', 'pending'],
    )
  })

  it('does not pass over a claim of a later version', async () => {
    const later = {
      metadata: { encoding: Buffer.from('json/claimcheck-v9') },
      data: Buffer.from('{}'),
    }
    const histories = knownRuns({}, { 'schedule s': { input: payloads(later) } })
    await assert.rejects(
      Array.fromAsync(claimHolders(histories, { matches: () => false, signal })),
      {
        code: 'CLAIM_VERSION_UNKNOWN',
      },
    )
  })

  it('says who holds a claim that cannot be read: run and event, what is pending, or a schedule', async () => {
    const malformed = {
      metadata: { encoding: Buffer.from('json/claimcheck-v1') },
      data: Buffer.from('{"claim":1}'),
    }
    const event = {
      eventId: 7,
      workflowExecutionSignaledEventAttributes: { input: payloads(malformed) },
    }
    const held = { input: payloads(malformed) }
    const cases = [
      [knownRuns({ a: [], b: [event] }), / \[workflowId=b, runId=run of b, event=7\]$/],
      [knownRuns({ a: [] }, {}, held), /[^\]] \[workflowId=a, runId=run of a\]$/],
      [knownRuns({}, { 'schedule s': held }), /[^\]] \[holder=schedule s\]$/],
    ] as const
    for (const [histories, message] of cases) {
      const all = claimHolders(histories, { matches: () => true, signal })
      await assert.rejects(Array.fromAsync(all), { code: 'CLAIM_MALFORMED', message })
    }
  })
})

describe('datasetHolders', () => {
  it('finds the dataset of a part, of its other objects, and that a page was landed for', async () => {
    const { place, pages, parts, blobs } = await fillStore(2)
    const heldAs = async (key = ''): Promise<string[]> =>
      (await Array.fromAsync(datasetHolders(place, key))).map(
        ({ as, datasetId }) => `${as} ${datasetId}`,
      )
    assert.deepEqual(await heldAs(parts[1]), [`part ${run.datasetId}`])
    assert.deepEqual(await heldAs(pages[0]), [`landing ${run.datasetId}`])
    assert.deepEqual(await heldAs(manifestKey(run)), [`own ${run.datasetId}`])
    assert.deepEqual(await heldAs(blobs[0]), [])
    const other = landingPrefix({ ...run, landing: { fetchKey: 'f1', sequence: 1 } })
    assert.deepEqual(await heldAs(`${other}page-1.json.zst`), [])
  })
})

describe('diskUsage', () => {
  it('adds up each week of blobs, values, landings and datasets', async () => {
    const { place, store, blobs } = await fillStore(3)
    await store.put('elsewhere' as (typeof blobs)[number], Buffer.alloc(5), { contentType: 'x' })
    const folders = await diskUsage(place)
    assert.deepEqual(
      folders.map(({ folder, objects }) => [folder, objects]),
      [
        [blobs[0]?.split('/').slice(0, 3).join('/'), 6],
        ['datasets/flights', 8],
        ['landing/flights', 4],
        ['other', 1],
        ['values/prod=2Feu', 3],
      ],
    )
    assert.equal(folders[3]?.storedBytes, 5)
    const all = await Array.fromAsync(store.list(''))
    assert.equal(
      folders.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    )
  })
})
