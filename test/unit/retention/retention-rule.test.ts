import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retentionRule } from '../../../activities/retention/retention-rule.ts'
import { generationOf, generationSpan } from '../../../codec/index.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const generation = generationOf(new Date('2026-09-02T12:00:00Z'))
const endMs = generationSpan(generation).end.getTime()
const times = { retentionMs: 3 * dayMs, graceMs: 2 * dayMs }

test('a week is old a day, the retention and the grace after its end, and not a moment before', () => {
  const oldMs = endMs + (1 + 3 + 2) * dayMs
  assert.equal(retentionRule(new Date(oldMs), times).isOld(generation), true)
  assert.equal(retentionRule(new Date(oldMs - 1), times).isOld(generation), false)
})

test('an object is old as long after it was written, whatever week its key says', () => {
  const writtenMs = endMs + 5 * hourMs
  const oldMs = writtenMs + (1 + 3 + 2) * dayMs
  const written = new Date(writtenMs)
  assert.equal(retentionRule(new Date(oldMs), times).isOldObject(written), true)
  assert.equal(retentionRule(new Date(oldMs - 1), times).isOldObject(written), false)
})

test('runs that began before the retention are read whole, whatever the grace', () => {
  const now = new Date(endMs)
  assert.deepEqual(retentionRule(now, times).cut, new Date(endMs - 3 * dayMs))
  assert.deepEqual(retentionRule(now, { ...times, graceMs: 0 }).cut, new Date(endMs - 3 * dayMs))
})

test('a grace below zero is refused', () => {
  assert.throws(() => retentionRule(new Date(endMs), { ...times, graceMs: -1 }), RangeError)
})
