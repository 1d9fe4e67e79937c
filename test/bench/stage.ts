/**
 * Loads into PostgreSQL beside the plain commands of PostgreSQL with the same rows, on one embedded
 * stack and by turns: staging beside `psql \copy`, an empty table beside COPY straight into it, and
 * merging beside the upsert that everybody writes.
 *
 *   npm run bench:stage -- [--rows N] [--repeat R] [--case NAME] [--json]
 *
 * Fails when a table is not what the source holds, never for slowness.
 */
import { parseArgs } from 'node:util'
import { printFigures, say } from './report.ts'
import { openStageBed } from './stage-bed.ts'
import { caseFigures, runByTurns, type CaseFigures, type SidePair } from './stage-case.ts'
import { emptyTableCase } from './stage-empty.ts'
import { copyTool } from './stage-floor.ts'
import { mergeCase } from './stage-merge.ts'
import { partsAtOnce } from './stage-ours.ts'
import { memoryFigures, stagingCase, type StageMemory } from './stage-staging.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    repeat: { type: 'string', default: '3' },
    case: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const memory: StageMemory[] = []
const bed = await openStageBed(Number(values.rows))
const { slice, parts } = bed
const figures: CaseFigures[] = []
try {
  const cases = [
    stagingCase(bed, 'csv', memory),
    stagingCase(bed, 'binary', memory),
    emptyTableCase(bed, { name: 'an empty table', exists: true, rows: bed }),
    emptyTableCase(bed, { name: 'an empty table, no order', exists: true, rows: bed.shuffled }),
    emptyTableCase(bed, { name: 'a new table', exists: false, rows: bed }),
    mergeCase(bed, { name: 'every row differs', condition: 'true', aim: 1 }),
    mergeCase(bed, { name: '1 % differ', condition: 'id % 100 = 0', aim: 0.4 }),
    mergeCase(bed, { name: 'no row differs', condition: 'false' }),
  ].filter(({ name }) => name.includes(values.case))
  if (cases.length === 0) throw new Error(`there is no case ${values.case}`)
  const pairs = cases.map((): SidePair[] => [])
  for (let round = 0; round < Number(values.repeat); round += 1) {
    say(`round ${round + 1} of ${values.repeat}: ${slice.rows} rows`)
    for (const [index, stageCase] of cases.entries()) {
      const pair = await runByTurns(stageCase, round)
      const [ours, theirs] = [pair.ours.seconds.toFixed(2), pair.theirs.seconds.toFixed(2)]
      say(`  ${stageCase.name}: ours ${ours} s, theirs ${theirs} s`)
      pairs[index]?.push(pair)
    }
  }
  for (const [index, stageCase] of cases.entries()) {
    figures.push(caseFigures(stageCase, pairs[index] ?? []))
  }
} finally {
  await bed.stop()
}

const correct = figures.every((figure) => figure.correct)
const facts = { rows: slice.rows, parts: parts.length, partsAtOnce, copyTool }
const measured = memory.length === 0 ? {} : { memory: memoryFigures(memory) }
if (values.json) {
  printFigures({ ...facts, cases: figures, ...measured, correct }, true)
} else {
  const line = (cells: readonly (string | number | boolean | null)[]): void => {
    const [name, ...others] = cells.map((cell) => String(cell ?? '-'))
    process.stdout.write(`${name?.padEnd(50)}${others.map((cell) => cell.padStart(9)).join('')}\n`)
  }
  printFigures(facts, false)
  line(['', 'ours s', 'theirs s', 'ratio', 'aim', 'of CPU', 'correct'])
  for (const of of figures) {
    line([of.name, of.oursSeconds, of.theirsSeconds, of.ratio, of.aim, of.cpuRatio, of.correct])
  }
  printFigures({ ...measured.memory, correct }, false)
}
process.exit(correct ? 0 : 1)
