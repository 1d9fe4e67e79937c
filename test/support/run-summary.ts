import { z } from 'zod'
import { jsonLines, type CliOutcome } from './run-cli.ts'

const started = z.object({
  type: z.enum(['started', 'joined']),
  workflowId: z.string(),
  runId: z.string(),
})

const loaded = z.object({
  type: z.literal('loaded'),
  pages: z.number(),
  pagesFound: z.number(),
  rows: z.number(),
  rejects: z.number(),
  historyBytes: z.number(),
  runs: z.number(),
  datasetId: z.string(),
  counts: z.object({
    rowsStaged: z.number(),
    rowsInserted: z.number(),
    rowsUpdated: z.number(),
    rowsUnchanged: z.number(),
    rowsDuplicate: z.number(),
  }),
})

export type RunSummary = Omit<z.infer<typeof started>, 'type'> &
  z.infer<typeof loaded> & { readonly joined: boolean }

/** What `claimcheck run --wait --json` says of a load that it brought to its end. */
export function runSummary(outcome: CliOutcome): RunSummary {
  if (outcome.exitCode !== 0) throw new Error(`exit code ${outcome.exitCode}: ${outcome.stderr}`)
  const lines = jsonLines(outcome)
  const { type, ...run } = started.parse(lines[0])
  return { ...run, joined: type === 'joined', ...loaded.parse(lines.at(-1)) }
}
