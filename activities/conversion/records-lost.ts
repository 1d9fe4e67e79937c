import { PipelineError } from '../pipeline-error.ts'

/**
 * ROWS_LOST where no fault of the source or of another program explains it.
 *
 * @param page Key of the first page that it is about.
 */
export function recordsLost(message: string, page: string | undefined): PipelineError {
  return new PipelineError('ROWS_LOST', message, {
    ...(page === undefined ? {} : { at: { page } }),
    remedy: 'Nothing was loaded; report this with the page, it is a defect of this program.',
  })
}
