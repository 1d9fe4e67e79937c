import type { Parsed } from './parsed.ts'

/** What a pipeline may be called. Names stand in workflow ids and object keys as they are. */
export const PIPELINE_NAME = /^[a-z][a-z0-9_-]{0,62}$/

export const PIPELINE_NAME_RULE =
  'a name is lower-case letters, digits, _ and -, begins with a letter and has at most 63 characters'

export function parsePipelineName(text: string): Parsed<string> {
  return PIPELINE_NAME.test(text) ? { value: text } : { problem: PIPELINE_NAME_RULE }
}
