/**
 * Workflows, schedules and loads with large, encrypted payloads on servers of their own, while garbage is
 * collected again and again. A week of the soak takes 35 seconds, so that blobs get old, and go, while others
 * are written: the clock by which the codec tells the week is one that goes fast, and the collectors see the
 * times of the store and of Temporal by the same one. Runs that have ended are forgotten after ten seconds,
 * which a server of Temporal does after an hour at least.
 *
 *   npm run bench:soak -- [--seconds N] [--writers N] [--json]
 *
 * Fails where anything that a history, a schedule or a run holds is missing, where garbage is left after its
 * time, and where nothing was tried.
 */
import { parseArgs } from 'node:util'
import { printFigures, say } from './report.ts'
import { runSoak } from './soak/run-soak.ts'
import { startSoakServers } from './soak/start-soak-servers.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    writers: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
  },
})
const own = await startSoakServers(say)
let correct = false
try {
  const figures = await runSoak({
    addresses: own.servers.addresses,
    directory: own.directory,
    seconds: Number(values.seconds),
    dayMs: 5_000,
    keptMs: 10_000,
    graceMs: 35_000,
    settleMs: 10_000,
    writers: Number(values.writers),
    collectors: 2,
    hasLoads: true,
    killEveryMs: 20_000,
    say,
  })
  printFigures({ ...figures }, values.json)
  correct = figures.correct
} finally {
  await own.stop()
}
process.exit(correct ? 0 : 1)
