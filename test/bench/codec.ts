/**
 * Our codec beside Temporal's External Storage, on the same servers, workflows and activities.
 *
 *   npm run bench:codec -- [--case NAME] [--repeat R] [--json]
 *
 * Fails when what comes back is not what went in, never for slowness.
 */
import { parseArgs } from 'node:util'
import {
  failed,
  reportFigure,
  type BenchCase,
  type Outcomes,
  type Side,
} from './codec/bench-case.ts'
import { bytesStoredCase } from './codec/cases/bytes-stored.ts'
import { corruptObjectCase } from './codec/cases/corrupt-object.ts'
import { encryptedRestartCase } from './codec/cases/encrypted-restart.ts'
import { failedPutsCase } from './codec/cases/failed-puts.ts'
import { fanOutCase } from './codec/cases/fan-out.ts'
import { historyBytesCase } from './codec/cases/history-bytes.ts'
import { json10Case, json45Case } from './codec/cases/json-rows.ts'
import { parkStreamCase } from './codec/cases/park-stream.ts'
import { replayCase, replayClaimsCase } from './codec/cases/replay.ts'
import { openCodecBed } from './codec/codec-bed.ts'
import { say } from './report.ts'

const allCases: readonly BenchCase[] = [
  fanOutCase,
  replayCase,
  replayClaimsCase,
  json45Case,
  json10Case,
  bytesStoredCase,
  encryptedRestartCase,
  failedPutsCase,
  corruptObjectCase,
  historyBytesCase,
  parkStreamCase,
]

const { values } = parseArgs({
  options: {
    case: { type: 'string' },
    repeat: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const runs = allCases
  .filter(({ figures }) => figures.some(({ name }) => name === (values.case ?? name)))
  .map((benchCase) => ({ benchCase, outcomes: { ours: [], peer: [] } as Outcomes }))
if (runs.length === 0) throw new Error(`there is no case ${values.case}`)

const bed = await openCodecBed(say)
try {
  for (let round = 0; round < Number(values.repeat); round += 1) {
    // Who comes second finds the servers warmer.
    const sides: readonly Side[] = round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours']
    for (const { benchCase, outcomes } of runs) {
      for (const side of sides) {
        const outcome = await benchCase.measure(bed, side).catch(failed)
        outcomes[side].push(outcome)
        say(`${benchCase.figures[0]?.name}, ${side}: ${JSON.stringify(outcome)}`)
      }
    }
  }
} finally {
  await bed.stop()
}

const cases = runs.flatMap(({ benchCase, outcomes }) =>
  benchCase.figures.map((figure) => reportFigure(figure, outcomes)),
)
if (values.json) {
  process.stdout.write(`${JSON.stringify({ cases })}\n`)
} else {
  for (const { name, ours, peer, ratio, unit, aim, note = '' } of cases) {
    process.stdout.write(`${[name.padEnd(34), ours, peer, ratio, unit, aim, note].join('  ')}\n`)
  }
}
process.exit(cases.every(({ correct }) => correct) ? 0 : 1)
