import { PipelineError } from '../../activities/pipeline-error.ts'

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

export type Environment = Readonly<Record<string, string | undefined>>

/** The text with each `${NAME}` replaced by what `replace` gives for its name. */
export function replaceReferences(text: string, replace: (name: string) => string): string {
  return text.replaceAll(REFERENCE, (_, name: string) => replace(name))
}

/**
 * The text with each `${NAME}` replaced by the environment's value. What comes out may be a secret:
 * it goes to the source and into no message.
 * @throws PipelineError SOURCE_SETTING_MISSING, naming the variable that is not set or empty.
 */
export function resolveReferences(text: string, environment: Environment): string {
  return replaceReferences(text, (name) => {
    const value = environment[name]
    if (value !== undefined && value !== '') return value
    throw new PipelineError(
      'SOURCE_SETTING_MISSING',
      `The pipeline refers to \${${name}}, which is not set`,
      {
        remedy: `Set ${name} in the environment of the worker, then run again.`,
        at: { variable: name },
      },
    )
  })
}

/**
 * A pipeline's URL for messages: where it leads, without user, password and query, and with references
 * as they are written, since their values may be secrets. Only of one at the start, which brings the
 * scheme with it, the origin is shown.
 * @example shownUrl('${API}/v1/${TOKEN}/flights', environment) // https://api.test/v1/${TOKEN}/flights
 */
export function shownUrl(template: string, environment: Environment): string {
  const text = template.replace(/^\$\{(\w+)\}/, (_, name: string) => shownStart(environment[name]))
  return withoutUser(text)
}

/** As far as the query, and without user and password. */
export function withoutUser(url: string): string {
  const [place = ''] = url.split('?')
  return place.replace(/^(\w+:\/\/)[^/]*@/, '$1')
}

function shownStart(value: string | undefined): string {
  const url = URL.parse(value ?? '')
  if (url === null) return '(not a URL)'
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : '/…'}`
}
