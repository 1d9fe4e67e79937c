/**
 * Commands that look at a bucket of many objects, each in a process of its own: its time, and the most memory
 * that it held, beside a program that lists the bucket with the same client and does nothing else. On an
 * embedded stack of its own, which has a year's objects and runs that name them; more than half are garbage.
 *
 *   npm run bench:objects -- [--objects N] [--json]
 *
 * Fails where a command does not find all that is there to be found, or holds 300 MiB or more.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureCommand, measureScript, type MeasuredCommand } from './measure-command.ts'
import { openObjectsBed } from './objects-bed.ts'
import { printFigures, rounded, say } from './report.ts'

const mostMib = 300
const floorScript = fileURLToPath(import.meta.resolve('./list-floor.ts'))
const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
})
const bed = await openObjectsBed(Number(values.objects), say)
const { counts, environment } = bed
const figures: Record<string, unknown> = { ...counts }
const problems: string[] = []
try {
  say('listing alone')
  const floor = await measureScript([floorScript], environment)
  note('floor', floor, floor)
  requireFound('floor', floor.last['objects'], counts.objects)

  const measure = async (
    words: string,
    expected: (found: MeasuredCommand) => Readonly<Record<string, readonly [unknown, unknown]>>,
  ): Promise<void> => {
    say(`claimcheck ${words}`)
    const found = await measureCommand(words.split(' '), environment)
    note(words, found, floor)
    if (found.peakMib >= mostMib) problems.push(`${words} held ${found.peakMib} MiB`)
    for (const [what, [is, due]] of Object.entries(expected(found))) {
      requireFound(`${words}: ${what}`, is, due)
    }
  }
  // One of the claims is of an object that never was.
  const missing = 1
  await measure('blobs ls', ({ lines }) => ({ blobs: [lines, counts.blobs] }))
  await measure('blobs du --json', ({ last }) => ({ objects: [last['objects'], counts.objects] }))
  // All are listed, and one of twenty is read.
  const sample = Math.ceil(counts.objects / 20)
  await measure(`blobs verify --references --json --sample ${sample}`, ({ last, exitCode }) => ({
    read: [last['objects'], sample],
    damaged: [last['damaged'], 0],
    missing: [last['missing'], missing],
    exit: [exitCode, 3],
  }))
  await measure('gc --json', ({ last }) => ({ garbage: [last['objects'], counts.garbage] }))
  await measure(`gc --apply --yes --json --max-delete ${counts.objects}`, ({ last }) => ({
    deleted: [last['deleted'], counts.garbage],
  }))
  requireFound('what is left', await bed.countObjects(), left())
  // What histories name is there still.
  await measure('blobs verify --references --sample 100 --json', ({ last }) => ({
    missing: [last['missing'], missing],
  }))
} finally {
  await bed.stop()
}
printFigures(figures, values.json)
for (const problem of problems) say(problem)
process.exit(problems.length === 0 ? 0 : 1)

function note(name: string, found: MeasuredCommand, floor: MeasuredCommand): void {
  const { seconds, cpuSeconds, peakMib } = found
  figures[name] = {
    peakMib,
    ofFloor: rounded(peakMib / floor.peakMib),
    seconds,
    cpuSeconds,
    cpuOfFloor: rounded(cpuSeconds / floor.cpuSeconds),
  }
}

function requireFound(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) problems.push(`${what}: ${String(found)} instead of ${String(expected)}`)
}

/** The plans of earlier deletions are not counted. */
function left(): number {
  return counts.objects - counts.plans - counts.garbage
}
