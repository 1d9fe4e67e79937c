import { PipelineError } from '../../../activities/pipeline-error.ts'
import { errorCode } from '../error-code.ts'
import { fileMissing, pathRefused } from './file-errors.ts'

/** Why a local file cannot be read, of an error of the file system. */
export function readFailure(error: unknown, place: string): unknown {
  const code = codeOf(error)
  const at = { path: place }
  switch (code) {
    case undefined:
      return error
    case 'ENOENT':
    case 'ENOTDIR':
      return fileMissing(at, error)
    case 'ELOOP':
      return pathRefused('the path is a symbolic link that leads nowhere', 'Remove it.', at)
    case 'EACCES':
    case 'EPERM':
    case 'ENAMETOOLONG':
      return new PipelineError('SOURCE_REFUSED', `the file may not be read (${code})`, {
        at,
        remedy: 'Give the user that the worker runs as the right to read it.',
        cause: error,
      })
    default:
      return new PipelineError('SOURCE_UNREACHABLE', `the file cannot be read (${code})`, {
        at,
        remedy: 'Look at the disk or the file server behind it.',
        retryable: true,
        cause: error,
      })
  }
}

/** The system's code, e.g. `ENOENT`; undefined where the error is none of the system's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error ? errorCode(error) : undefined
}
