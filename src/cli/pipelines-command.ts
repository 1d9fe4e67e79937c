import { relative } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { styleText } from 'node:util'
import { stringify } from 'yaml'
import { readSettings } from '../config/read-settings.ts'
import { listPipelines, type ListedPipeline } from '../pipeline/list-pipelines.ts'
import { parsePipelineFile } from '../pipeline/parse-pipeline-file.ts'
import { pipelineJsonSchema } from '../pipeline/pipeline-schema.ts'
import { readPipelineText } from '../pipeline/read-pipeline-text.ts'
import { sourcePlace } from '../pipeline/source-place.ts'
import { targetPlace } from '../pipeline/target-place.ts'
import { findPipelineFile } from './find-pipeline-file.ts'
import { addInferCommand } from './infer-command.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { searchedDirectories } from './searched-directories.ts'
import { addValidateCommand } from './validate-command.ts'

/** `claimcheck pipelines …`: what pipeline files there are, what they say, and help in writing them. */
export function addPipelinesCommand(program: Command): void {
  const pipelines = program.command('pipelines')
  pipelines
    .command('ls')
    .description('list all pipelines, those that are not valid too')
    .option('--json', 'print one JSON object a pipeline')
    .action(async ({ json = false }) => {
      const listed = await listPipelines(searchedDirectories(readSettings(process.env)))
      if (json) for (const pipeline of listed) printJson(describePipeline(pipeline))
      else {
        printTable(['name', 'source', 'target', 'mode', 'file', 'state'], listed.map(rowOf), {
          nothing: 'There is no pipeline file in the searched directories.',
        })
      }
      const invalid = listed.filter(({ kind }) => kind === 'invalid')
      if (invalid.length > 0) {
        process.stderr.write('`claimcheck pipelines validate` says what is wrong.\n')
      }
    })
  addValidateCommand(pipelines)
  pipelines
    .command('show')
    .description('show a pipeline as a run would be pinned to it, defaults filled in')
    .argument('<pipeline>', 'the name of a pipeline, or its file')
    .option('--json', 'print one JSON object')
    .action(async (nameOrFile, { json = false }) => {
      const file = await findPipelineFile(
        nameOrFile,
        searchedDirectories(readSettings(process.env)),
      )
      const definition = parsePipelineFile(await readPipelineText(file), file)
      if (json) printJson({ type: 'pipeline', file, definition })
      else
        process.stdout.write(
          `# ${file}\n${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })}`,
        )
    })
  addInferCommand(pipelines)
  pipelines
    .command('schema')
    .description('print the JSON Schema of pipeline files, for editors')
    .action(() => {
      process.stdout.write(`${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`)
    })
}

function describePipeline(pipeline: ListedPipeline) {
  const { name, path: file, kind } = pipeline
  if (kind === 'invalid') {
    const { code, message } = pipeline.error
    return { type: 'pipeline', name, file, state: kind, code, message } as const
  }
  const { source, target } = pipeline.definition
  return {
    type: 'pipeline',
    name,
    file,
    state: kind,
    source: { kind: source.kind, place: sourcePlace(source) },
    target: { kind: target.kind, place: targetPlace(target), mode: target.mode },
  } as const
}

function rowOf(listed: ListedPipeline): string[] {
  const described = describePipeline(listed)
  const { name, state } = described
  const file = process.stdout.isTTY ? nearest(described.file) : described.file
  if (state === 'invalid') return [name, '', '', '', file, styleText('red', state)]
  const { source, target } = described
  const place = `${source.kind} ${source.place}`
  return [
    name,
    place,
    `${target.kind} ${target.place}`,
    target.mode,
    file,
    styleText('green', state),
  ]
}

/** As seen from the working directory, where the file lies beneath it. */
function nearest(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}
