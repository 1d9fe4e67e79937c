import type { Command } from '@commander-js/extra-typings'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { DuckDb } from '../../activities/index.ts'
import { readStack } from '../../infra/stack/read-stack.ts'
import { CommandError } from '../command-error.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { columnTypeText } from '../pipeline/infer/column-type-text.ts'
import { countsOf, describeCounts, describeRecords } from '../pipeline/infer/describe-sightings.ts'
import { draftColumns, type DraftColumn } from '../pipeline/infer/draft-columns.ts'
import { draftText } from '../pipeline/infer/draft-text.ts'
import { parseSource, type SourceOfPipeline } from '../pipeline/infer/parse-source.ts'
import type { SeenSource } from '../pipeline/infer/see-source.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { readPipelineText } from '../pipeline/read-pipeline-text.ts'
import { findPipelineFile } from './find-pipeline-file.ts'
import { formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { searchedDirectories } from './searched-directories.ts'
import { wholeNumber } from './whole-number.ts'

/** What `{interval.…}` stands for where a source does not ask for it. */
const ANY_PARTITION = '2001-01-01'

/** `pipelines infer`: drafts `columns:` from what the first pages of a source hold. */
export function addInferCommand(pipelines: Command): void {
  pipelines
    .command('infer')
    .description('draft the columns of a pipeline from the records of its source')
    .argument('[pipeline]', 'the name of a pipeline or its file, which may lack columns')
    .option('--url <url>', 'a source of its own instead of a pipeline')
    .option('--format <format>', 'with --url: json, ndjson or csv')
    .option('--records <path>', 'with --url: where the records stand in a JSON body, as $.data')
    .option('--pages <number>', 'how many pages to look at', wholeNumber({ most: 999_999 }), 5)
    .option('--partition <name>', 'the time slice, for a source that asks for an interval')
    .option('--json', 'print one JSON object a field')
    .action(async (nameOrFile, { pages, json = false, ...options }, command) => {
      if ((nameOrFile === undefined) === (options.url === undefined)) {
        command.error('error: give either a pipeline or --url')
      }
      if (options.url === undefined && (options.format ?? options.records) !== undefined) {
        command.error('error: --format and --records are for --url; a pipeline has its own')
      }
      const settings = readSettings(process.env)
      const pipeline = await findSource(nameOrFile, options, settings)
      const slice = sliceFor(pipeline, options.partition)
      // Heavy, and few commands need it.
      const { createSources } = await import('../sources/create-sources.ts')
      const { seeSource } = await import('../pipeline/infer/see-source.ts')
      const sources = createSources({
        environment: process.env,
        allowedHosts: settings.sourceHosts,
        directories: settings.sourceDirectories,
        sourceBuckets: settings.sourceBuckets,
        stateDirectory: settings.directory,
        modules: settings.modules,
        store: readStack(settings.directory)?.store,
      })
      try {
        print(await seeSource({ ...sources, openDuckDb }, pipeline, { slice, pages }), json)
      } finally {
        await sources.close()
      }
    })
}

/** Heavy too; Parquet alone needs it. */
async function openDuckDb(): Promise<DuckDb> {
  const { DuckDb } = await import('../../activities/index.ts')
  return DuckDb.open({ spillDirectory: join(tmpdir(), `claimcheck-spill-${process.pid}`) })
}

async function findSource(
  nameOrFile: string | undefined,
  { url, format, records }: Partial<Record<'url' | 'format' | 'records', string>>,
  settings: Settings,
): Promise<SourceOfPipeline> {
  if (nameOrFile !== undefined) {
    const file = await findPipelineFile(nameOrFile, searchedDirectories(settings))
    return parseSource(await readPipelineText(file), file)
  }
  const source = { kind: 'http', url, format, records }
  return parseSource(stringify({ source }), 'the command line')
}

function sliceFor({ source }: SourceOfPipeline, partition: string | undefined) {
  if (partition === undefined && JSON.stringify(source).includes('{interval')) {
    throw new CommandError('PARTITION_INVALID', 'the source asks for an interval', {
      remedy: 'Give one with --partition, such as 2001-01-05.',
    })
  }
  const { name, interval } = parsePartition(partition ?? ANY_PARTITION)
  return { partition: name, interval }
}

function print({ sightings, pages, hasMore }: SeenSource, json: boolean): void {
  const { records } = sightings
  if (records === 0) {
    throw new CommandError('RECORDS_MISSING', 'the source has no records there', {
      remedy: 'Ask for another --partition, or compare `source.records` with what it serves.',
    })
  }
  const columns = draftColumns(sightings)
  if (json) for (const column of columns) printJson(describeColumn(column, records))
  else process.stdout.write(draftText(columns, records))
  const more = hasMore ? '; the source has more: see --pages' : ''
  const onPages = pages === 1 ? '1 page' : `${formatCount(pages)} pages`
  const seen = `# seen: ${describeRecords(records)} on ${onPages}${more}`
  const fields = sightings.fields.map(
    (field) => `#   ${JSON.stringify(field.name)}: ${describeCounts(field, records)}`,
  )
  const tooMany = sightings.hasMoreFields
    ? ['# there are more fields than a table has columns']
    : []
  const { malformed } = sightings
  const bad = malformed > 0 ? [`# malformed and set aside: ${formatCount(malformed)} more`] : []
  process.stderr.write(`${[seen, ...fields, ...bad, ...tooMany].join('\n')}\n`)
}

function describeColumn(column: DraftColumn, records: number) {
  const { kind: type, from, note, field } = column
  const seen = countsOf(field, records)
  if (column.kind === 'skipped') return { type, from, note, seen }
  const { name, key } = column
  return { type, name, from, columnType: columnTypeText(column.type), key, note, seen }
}
