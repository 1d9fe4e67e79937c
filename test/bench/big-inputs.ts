/**
 * Inputs of a size at which something has to give: one page of 1 GiB, records of many megabytes, ten
 * million tiny ones. Each is loaded by a worker of its own, whose peak memory is read.
 *
 *   npm run bench:inputs -- [--case NAME] [--json]
 *
 * Fails when a load ends otherwise than it should, or its table is not what the source served.
 */
import { parseArgs } from 'node:util'
import { openBigInputsBed } from './big-inputs-bed.ts'
import { bigInputs } from './big-inputs-cases.ts'
import { loadBigInput, type BigInputFigures } from './big-inputs-load.ts'
import { printFigures, say } from './report.ts'

const { values } = parseArgs({
  options: { case: { type: 'string' }, json: { type: 'boolean', default: false } },
})
const chosen = bigInputs.filter(({ name }) => name === (values.case ?? name))
if (chosen.length === 0) throw new Error(`there is no case ${values.case}`)

const cases: BigInputFigures[] = []
const bed = await openBigInputsBed(say)
try {
  for (const input of chosen) {
    const figures = await loadBigInput(bed, input)
    say(JSON.stringify(figures))
    cases.push(figures)
  }
} finally {
  await bed.stop()
}

const correct = cases.every((figures) => figures.correct)
printFigures(
  values.json
    ? { cases, correct }
    : Object.fromEntries(cases.map(({ name, ...figures }) => [name, figures])),
  values.json,
)
process.exit(correct ? 0 : 1)
