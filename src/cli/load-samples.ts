import { z } from 'zod'
import { progressQuery } from '../../workflows/index.ts'
import { followRun } from '../client/follow-run.ts'
import { startLoad } from '../client/start-load.ts'
import type { Settings } from '../config/read-settings.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { pipelineDirectories } from '../pipeline/pipeline-directories.ts'
import { describeProgress } from './describe-progress.ts'
import { describeLoad, summariseLoad, type LoadSummary } from './load-summary.ts'
import { createProgressLine } from './progress-line.ts'
import type { SampleStack } from './sample-stack.ts'
import { openSession } from './session.ts'

export interface SampleFigures {
  /** Rows loaded: inserted, updated and unchanged. */
  readonly rows: number
  readonly sourceBytes: number
  readonly storedBytes: number
  readonly historyBytes: number
  /** Distinct pages that the source served, by its own count. */
  readonly pagesFetched: number
  /** Servings beyond the first of each page, by the source's count. */
  readonly pagesRefetched: number
  readonly seconds: number
}

const sourceStats = z.object({ pagesFetched: z.number(), pagesRefetched: z.number() })

/** Loads `airports` and the given months of `flights`. */
export async function loadSamples(
  settings: Settings,
  stack: SampleStack,
  partition: string,
  { say }: { readonly say: (text: string) => void },
): Promise<SampleFigures> {
  const directories = pipelineDirectories({
    workingDirectory: process.cwd(),
    configured: settings.pipelines,
  })
  const session = await openSession(settings, stack.servers.addresses)
  try {
    await fetch(`${stack.sourceUrl}/-/stats`, { method: 'DELETE' })
    const summaries: LoadSummary[] = []
    for (const pipeline of ['airports', 'flights']) {
      const definition = await loadPipeline(pipeline, directories)
      const requestedAt = new Date()
      const { taskQueue } = settings
      const load = { definition, partition, refetch: false, requestedAt, taskQueue }
      const handle = await startLoad(session.client, load)
      const line = createProgressLine(pipeline, describeProgress)
      const result = await followRun(session.client, handle, progressQuery, line.show).finally(
        line.end,
      )
      const seconds = (Date.now() - requestedAt.getTime()) / 1000
      const summary = await summariseLoad(session.client, handle, { pipeline, seconds, result })
      say(describeLoad(summary))
      summaries.push(summary)
    }
    const response = await fetch(`${stack.sourceUrl}/-/stats`)
    const { pagesFetched, pagesRefetched } = sourceStats.parse(await response.json())
    const sum = (figure: (load: LoadSummary) => number): number =>
      summaries.reduce((total, load) => total + figure(load), 0)
    return {
      rows: sum(({ counts }) => counts.rowsStaged - counts.rowsDuplicate),
      sourceBytes: sum((load) => load.sourceBytes),
      storedBytes: sum((load) => load.storedBytes),
      historyBytes: sum((load) => load.historyBytes),
      pagesFetched,
      pagesRefetched,
      seconds: sum((load) => load.seconds),
    }
  } finally {
    await session.close()
  }
}
