import { PipelineError } from '../../activities/pipeline-error.ts'
import { errorCode } from './error-code.ts'

/**
 * What ended an exchange, as an error of ours: a PipelineError as it is, anything else as a retryable
 * SOURCE_UNREACHABLE. Where the caller gave up, that is thrown instead.
 *
 * @param shown The source's URL for messages.
 */
export function sourceUnreachable(
  cause: unknown,
  {
    signal,
    shown,
    lateness,
  }: {
    readonly signal: AbortSignal
    readonly shown: string
    /** Where its time was up: which time that is. */
    readonly lateness?: string | undefined
  },
): PipelineError {
  signal.throwIfAborted()
  if (cause instanceof PipelineError) return cause
  const why = lateness ?? errorCode(cause) ?? (cause instanceof Error ? cause.message : 'unknown')
  return new PipelineError('SOURCE_UNREACHABLE', `the source did not answer in full (${why})`, {
    at: { url: shown },
    remedy: 'Check that the source is up and that its address in the pipeline file is right.',
    retryable: true,
    cause,
  })
}
