import type { Command } from '@commander-js/extra-typings'
import { CommandError } from '../command-error.ts'
import { readSettings } from '../config/read-settings.ts'
import { EXIT_CODES, exitCodeOf } from '../exit-code.ts'
import { findPipelines } from '../pipeline/find-pipelines.ts'
import { parsePipelineFile } from '../pipeline/parse-pipeline-file.ts'
import { formatPath, formatProblem, InvalidPipelineError } from '../pipeline/pipeline-problem.ts'
import { readPipelineText } from '../pipeline/read-pipeline-text.ts'
import { findPipelineFile } from './find-pipeline-file.ts'
import { printJson } from './print-json.ts'
import { reportError } from './report-error.ts'
import { searchedDirectories } from './searched-directories.ts'

/** `pipelines validate`: every problem of every file on a line of its own, as compilers print theirs. */
export function addValidateCommand(pipelines: Command): void {
  pipelines
    .command('validate')
    .description('check pipeline files, all that can be found or those that are named')
    .argument('[pipelines...]', 'names of pipelines, or files')
    .option('--json', 'print one JSON object a problem, and one a valid file')
    .action(async (named, { json = false }) => {
      const directories = searchedDirectories(readSettings(process.env))
      const chosen = named.length > 0 ? named : [...(await findPipelines(directories)).values()]
      let valid = 0
      let exitCode: number = EXIT_CODES.ok
      for (const nameOrFile of chosen) {
        try {
          const file = await findPipelineFile(nameOrFile, directories)
          const { name } = parsePipelineFile(await readPipelineText(file), file)
          if (json) printJson({ type: 'valid', file, name })
          valid += 1
        } catch (error) {
          if (!(error instanceof CommandError)) throw error
          if (error instanceof InvalidPipelineError) printProblems(error, json)
          else reportError(error, { json })
          exitCode = Math.max(exitCode, exitCodeOf(error))
        }
      }
      process.stderr.write(`${valid} of ${chosen.length} pipelines are valid\n`)
      process.exitCode = exitCode
    })
}

function printProblems({ fileName, problems }: InvalidPipelineError, json: boolean): void {
  for (const problem of problems) {
    if (!json) process.stdout.write(`${formatProblem(fileName, problem)}\n`)
    else {
      const { line, column, path, message } = problem
      printJson({ type: 'problem', file: fileName, line, column, field: formatPath(path), message })
    }
  }
}
