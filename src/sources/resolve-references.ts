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
 * A resolved URL for messages: without user, password, fragment and the values of its query, any of
 * which may be a secret. A secret in the path stays: print the pipeline's own text instead.
 */
export function redactUrl(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null) return '(not a URL)'
  const query = parsed.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=…` : '…'))
    .join('&')
  const place = `${parsed.protocol}//${parsed.host}${parsed.pathname}`
  return query === '' ? place : `${place}?${query}`
}
