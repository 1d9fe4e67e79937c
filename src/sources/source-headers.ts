import { PipelineError } from '../../activities/pipeline-error.ts'
import type { HttpSourceDefinition } from '../../activities/index.ts'
import { isHeaderValue } from '../pipeline/source-text.ts'
import { resolveReferences, type Environment } from './resolve-references.ts'

/**
 * What a source is asked with: the pipeline's headers, and its `auth` where that needs nothing from
 * elsewhere. Names are in lower case.
 *
 * @throws PipelineError SOURCE_SETTING_MISSING, SOURCE_SETTING_INVALID
 */
export function sourceHeaders(
  { headers, auth }: Pick<HttpSourceDefinition, 'headers' | 'auth'>,
  environment: Environment,
): Record<string, string> {
  const resolve = (text: string) => resolveReferences(text, environment)
  const sent = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), resolve(value)])
  if (auth?.kind === 'bearer') sent.push(['authorization', `Bearer ${resolve(auth.token)}`])
  else if (auth?.kind === 'header') sent.push([auth.name.toLowerCase(), resolve(auth.value)])
  else if (auth?.kind === 'basic') {
    sent.push(['authorization', basicAuthorization(resolve(auth.user), resolve(auth.password))])
  }
  for (const [name = '', value = ''] of sent) {
    if (!isHeaderValue(value)) {
      throw new PipelineError(
        'SOURCE_SETTING_INVALID',
        `with its references filled in, the header ${name} cannot be sent`,
        {
          remedy:
            'Correct the variable in the environment of the worker: no line ends, ASCII only.',
        },
      )
    }
  }
  return Object.fromEntries(sent)
}

export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
