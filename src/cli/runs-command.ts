import type { Command } from '@commander-js/extra-typings'
import { controlRun, RUN_CONTROLS, setConcurrency, type ToldRun } from '../client/control-run.ts'
import { mostConcurrency } from '../client/plan-backfill.ts'
import { resolveRun } from '../client/resolve-run.ts'
import { showHistories, showRun } from '../client/show-run.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { addListRunsCommand } from './runs-list-command.ts'
import { describeRun } from './runs-describe.ts'
import { withRuns } from './runs-session.ts'
import { wholeNumber } from './whole-number.ts'
import { tableFigures } from './table-figures.ts'

const idHelp = 'its workflow id, PIPELINE/PARTITION, or how one of these begins'

const controlSentences = {
  pause: 'begin nothing new in a run until it is resumed; what is under way ends',
  resume: 'let a paused run go on',
  cancel: 'cancel a run: what was staged is dropped, what was landed is kept',
}

/** `claimcheck runs …`: the runs as Temporal knows them, and what a person asks of one. */
export function addRunsCommand(program: Command): void {
  const runs = program.command('runs')
  addListRunsCommand(runs)
  runs
    .command('show')
    .description('show a run: how far it is, what it waits for, what fails')
    .argument('<run>', idHelp)
    .option('--json', 'print one JSON object')
    .action((text, { json = false }) =>
      withRuns(async ({ client, pageOf }) => {
        const workflowId = await resolveRun(client, text)
        const view = await showRun(client, workflowId)
        const histories = await showHistories(client, workflowId)
        const temporal = pageOf(view)
        if (json) {
          const { type: workflowType, ...rest } = view
          printJson({ ...rest, type: 'run', workflowType, histories, temporal })
        } else process.stdout.write(describeRun(view, { histories, temporal, now: new Date() }))
      }),
    )
  runs
    .command('history')
    .description('list the histories of a run, which goes on as a new one when its own is long')
    .argument('<run>', idHelp)
    .option('--json', 'print one JSON object a history')
    .action((text, { json = false }) =>
      withRuns(async ({ client }) => {
        const histories = await showHistories(client, await resolveRun(client, text))
        if (json) {
          for (const history of histories) printJson({ type: 'history', ...history })
          return
        }
        const figures = tableFigures()
        const rows = histories.map(({ runId, bytes, events }) => [
          runId,
          figures.count(events),
          figures.bytes(bytes),
        ])
        printTable(['run', 'events', 'history'], rows)
      }),
    )
  for (const control of RUN_CONTROLS) {
    runs
      .command(control)
      .description(controlSentences[control])
      .argument('<run>', idHelp)
      .option('--json', 'print one JSON object')
      .action((text, { json = false }) =>
        withRuns(async ({ client }) => {
          const told = await controlRun(client, await resolveRun(client, text), control)
          printTold(told, { control, wish: control, json })
        }),
      )
  }
  const inFlight = wholeNumber({ most: mostConcurrency })
  runs
    .command('concurrency')
    .description('change how much a load or a backfill has under way at once')
    .argument('<run>', idHelp)
    .option('--batches <number>', 'batches of a load, or of each of its items', inFlight)
    .option('--items <number>', 'items of a load, or partitions of a backfill', inFlight)
    .option('--json', 'print one JSON object')
    .action((text, { batches: batchesInFlight, items: itemsInFlight, json = false }, command) => {
      if ((batchesInFlight ?? itemsInFlight) === undefined) {
        command.error('error: give --batches or --items')
      }
      return withRuns(async ({ client }) => {
        const asked = { batchesInFlight, itemsInFlight }
        const told = await setConcurrency(client, await resolveRun(client, text), asked)
        printTold(told, { control: 'concurrency', wish: 'have as much under way at once', json })
      })
    })
}

interface Told {
  readonly control: string
  /** Behind `to`. */
  readonly wish: string
  readonly json: boolean
}

function printTold(told: ToldRun, { control, wish, json }: Told): void {
  if (json) printJson({ type: 'told', control, ...told })
  else process.stderr.write(`told ${told.workflowId} to ${wish}\n`)
}
