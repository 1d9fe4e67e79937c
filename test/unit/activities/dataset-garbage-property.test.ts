import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { datasetsOf, RetainedStore, type StoredRun } from './retained-store.ts'

const storedRuns = fc.uniqueArray(
  fc.record({
    number: fc.integer({ min: 1, max: 12 }),
    ageDays: fc.integer({ min: 0, max: 40 }),
    isSealed: fc.boolean(),
    partition: fc.constantFrom('2001', '2002'),
    loadedAgeDays: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
  }),
  { selector: ({ number }) => number, maxLength: 12 },
)

test('whatever runs have left, nothing that is needed goes, and what goes is gone once', async () => {
  await fc.assert(
    fc.asyncProperty(
      storedRuns,
      fc.record({
        keep: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        days: fc.integer({ min: 1, max: 30 }),
        unfinished: fc.integer({ min: 1, max: 30 }),
        open: fc.subarray(['flights/2001', 'flights/2002']),
      }),
      async (runs, { keep, days, unfinished, open }) => {
        const bed = new RetainedStore()
        const drawn = { datasets: { keep, days }, unfinished: { days: unfinished } }
        for (const run of runs) await bed.put({ rule: drawn, ...run })
        for (const partition of open) bed.open.add(partition)
        const { garbage } = await bed.plan()
        const gone = new Set(datasetsOf(garbage))
        const expected = runs.filter((run) => mayGo(run, runs, { keep, days, unfinished, open }))
        assert.deepEqual(
          [...gone],
          expected.map(({ number }) => number).toSorted((one, other) => one - other),
        )
        await bed.store.delete(garbage.map(({ key }) => key))
        assert.deepEqual((await bed.plan()).garbage, [])
      },
    ),
    { numRuns: 60 },
  )
})

interface Drawn {
  readonly keep: number | undefined
  readonly days: number
  readonly unfinished: number
  readonly open: readonly string[]
}

type DrawnRun = StoredRun & { readonly partition: string }

/** The rule once more, one dataset at a time. */
function mayGo(run: DrawnRun, runs: readonly DrawnRun[], drawn: Drawn): boolean {
  const { keep, days, unfinished, open } = drawn
  const isBefore = (one: StoredRun, other: StoredRun): boolean =>
    one.ageDays < other.ageDays || (one.ageDays === other.ageDays && one.number < other.number)
  if (open.includes(`flights/${run.partition}`)) return false
  if (!runs.some((other) => isBefore(other, run))) return false
  const loaded = runs.filter(
    (other) => other.partition === run.partition && other.loadedAgeDays !== undefined,
  )
  const lastLoaded = loaded.toSorted(
    (one, other) => (one.loadedAgeDays ?? 0) - (other.loadedAgeDays ?? 0),
  )[0]
  if (run.isSealed === false) return run.ageDays >= unfinished && run !== lastLoaded
  const sealed = runs.filter((other) => other.partition === run.partition && other.isSealed)
  const newer = sealed.filter((other) => isBefore(other, run)).length
  if (newer < (keep ?? 0) || run.ageDays < days) return false
  return lastLoaded === undefined ? newer > 0 : run !== lastLoaded
}
