import type { Command } from '@commander-js/extra-typings'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { readSettings } from '../config/read-settings.ts'
import { describeServers } from './describe-servers.ts'
import { endSignal } from './end-signal.ts'
import { formatBytes, formatCount } from '../format-number.ts'
import { formatTable } from './format.ts'
import { loadSamples, type SampleFigures } from './load-samples.ts'
import { startSampleStack } from './sample-stack.ts'

/** `claimcheck quickstart`: the whole path on sample data, from nothing to rows in a table. */
export function addQuickstartCommand(program: Command): void {
  program
    .command('quickstart')
    .option('--partition <name>', 'the months of flights to load, e.g. 2001-01..2001-07', '2001-01')
    .option('--keep', 'leave everything running, and print where it is')
    .option('--json', 'print the figures as one JSON object')
    .action(async ({ partition, keep = false, json = false }) => {
      const settings = readSettings(process.env)
      const say = (text: string): void => {
        process.stderr.write(`${text}\n`)
      }
      const interrupted = endSignal()
      const stack = await startSampleStack(settings, { keep, say })
      try {
        const figures = await Promise.race([
          loadSamples(settings, stack, partition, { say }),
          untilAborted(interrupted),
        ])
        if (figures === undefined) {
          say('interrupted; what was landed is used by the next run')
          process.exitCode = 130
          return
        }
        if (!json) process.stdout.write(`\n${describeFigures(figures)}\n`)
        if (keep) {
          const servers = describeServers(stack.servers, stackPaths(settings.directory).credentials)
          say(`\nLeft running; \`npm run claimcheck -- down\` stops it all.`)
          say(`${servers}\nSample source   ${stack.sourceUrl}`)
        }
        if (json) process.stdout.write(`${JSON.stringify(figures)}\n`)
      } finally {
        await stack.stop()
      }
    })
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined))
  })
}

function describeFigures(figures: SampleFigures): string {
  return formatTable([
    ['rows in the tables', formatCount(figures.rows)],
    ['bytes at the source', formatBytes(figures.sourceBytes)],
    ['bytes stored in S3', formatBytes(figures.storedBytes)],
    ['bytes of workflow history', formatBytes(figures.historyBytes)],
    ['pages fetched', formatCount(figures.pagesFetched)],
    ['pages fetched again', formatCount(figures.pagesRefetched)],
    ['seconds to load', figures.seconds.toFixed(1)],
  ])
}
