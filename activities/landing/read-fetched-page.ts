import type { FetchedPage } from '../page-source.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import { readPage, type PageEnvelope } from './read-page.ts'

/** Reads a page; an error about it also says how the source answered. @throws as `readPage` */
export function readFetchedPage(
  { body, answer }: Pick<FetchedPage, 'body' | 'answer'>,
  definition: Pick<PipelineDefinition, 'source' | 'columns'>,
): PageEnvelope {
  try {
    return readPage(body, definition)
  } catch (error) {
    if (answer === undefined || !(error instanceof PipelineError)) throw error
    const { code, message, remedy, retryable } = error
    throw new PipelineError(code, message, { remedy, retryable, at: answer, cause: error })
  }
}
