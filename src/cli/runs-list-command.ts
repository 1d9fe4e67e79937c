import { InvalidArgumentError, type Command } from '@commander-js/extra-typings'
import { listRuns, type ListedRun, type RunsRequest } from '../client/list-runs.ts'
import { findRunsOf } from '../client/runs-of.ts'
import { RUN_STATES, type RunState } from '../client/run-types.ts'
import { parsePipelineName } from '../pipeline/pipeline-name.ts'
import { formatDuration } from '../format-duration.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { withRuns, type RunsSession } from './runs-session.ts'
import { searchedDirectories } from './searched-directories.ts'
import { tableFigures } from './table-figures.ts'
import { wholeNumber } from './whole-number.ts'

const maxLimit = 100_000
const pageSize = 200

/** `claimcheck runs ls`: the runs as Temporal lists them. */
export function addListRunsCommand(runs: Command): void {
  runs
    .command('ls')
    .description('list runs, the newest first')
    .option('--pipeline <name>', 'of this pipeline only', readPipelineName)
    .option('--partition <name>', 'of this time slice only')
    .option(
      '--state <state>',
      `only those that are ${Object.keys(RUN_STATES).join(', ')}`,
      readState,
    )
    .option('--limit <number>', 'how many at most', wholeNumber({ most: maxLimit }), 20)
    .option('--json', 'print one JSON object a run')
    .action(({ state, limit, json = false, ...asked }) =>
      withRuns(async ({ client, settings }) => {
        const filter = await findRunsOf(asked, searchedDirectories(settings))
        const listed = await firstRuns(client, { ...filter, state }, limit)
        const now = Date.now()
        if (json) {
          for (const run of listed) printJson(lineOf(run))
          return
        }
        const rows = listed.map((run) => rowOf(run, now))
        printTable(header, rows, { nothing: 'There is no such run.' })
      }),
    )
}

/** Temporal lists what runs before what has ended, each from the newest on. */
async function firstRuns(
  client: RunsSession['client'],
  request: Omit<RunsRequest, 'pageSize'>,
  limit: number,
): Promise<ListedRun[]> {
  const found: ListedRun[] = []
  let pageToken: string | undefined
  do {
    const page = await listRuns(client, {
      ...request,
      pageSize: Math.min(limit, pageSize),
      pageToken,
    })
    found.push(...page.runs)
    pageToken = page.next
  } while (pageToken !== undefined && found.length < limit)
  return found
    .slice(0, limit)
    .toSorted((one, other) => Date.parse(other.startedAt) - Date.parse(one.startedAt))
}

const header = ['run', 'type', 'state', 'started', 'took', 'history']

function rowOf(run: ListedRun, now: number): string[] {
  const { workflowId, type, state, startedAt, closedAt, historyBytes } = run
  const endedAt = closedAt === undefined ? now : Date.parse(closedAt)
  const seconds = (endedAt - Date.parse(startedAt)) / 1000
  const { bytes, time } = tableFigures()
  const took = process.stdout.isTTY ? formatDuration(seconds) : seconds.toFixed(3)
  const size = closedAt === undefined ? '' : bytes(historyBytes)
  return [workflowId, type, state, time(startedAt), took, size]
}

/** Temporal lists the size of a history when that is complete: until then it is not 0. */
function lineOf({ type: workflowType, historyBytes, historyEvents, ...run }: ListedRun) {
  const size = run.closedAt === undefined ? {} : { historyBytes, historyEvents }
  return { ...run, ...size, type: 'run', workflowType }
}

function readPipelineName(text: string): string {
  const parsed = parsePipelineName(text)
  if ('value' in parsed) return parsed.value
  throw new InvalidArgumentError(parsed.problem)
}

function readState(text: string): RunState {
  const state = runStates.find((known) => known === text)
  if (state !== undefined) return state
  throw new InvalidArgumentError(`There are: ${runStates.join(', ')}.`)
}

const runStates = Object.keys(RUN_STATES) as RunState[]
