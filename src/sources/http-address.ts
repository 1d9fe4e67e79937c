import { PipelineError } from '../../activities/pipeline-error.ts'
import { parseHttpUrl } from './parse-http-url.ts'

/**
 * The address that a text of the pipeline is, its references filled in.
 *
 * @param what `the URL`, say.
 * @throws PipelineError SOURCE_SETTING_INVALID
 */
export function httpAddress(
  text: string,
  what: string,
  at: Readonly<Record<string, string>> = {},
): URL {
  const url = parseHttpUrl(text)
  if (url !== undefined) return url
  throw new PipelineError(
    'SOURCE_SETTING_INVALID',
    `with its references filled in, ${what} is none of http:// or https://`,
    { at, remedy: 'Correct it, or the variables in the environment of the worker.' },
  )
}
