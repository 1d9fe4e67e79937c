import type { Parsed } from './parsed.ts'
import { clearTextProblem, referenceProblem } from './reference-problem.ts'
import { STAND_IN, withStandIns } from './stand-ins.ts'

/** Reads the address of an HTTP source. Messages do not repeat it: it may hold a secret. */
export function parseSourceUrl(text: string): Parsed<string> {
  const problem = referenceProblem(text) ?? addressProblem(text)
  return problem === undefined ? { value: text } : { problem }
}

function addressProblem(text: string): string | undefined {
  const whole = withStandIns(text, 'http://', 80)
  if (!/^https?:\/\//i.test(whole)) return 'must begin with http://, https:// or a reference'
  const url = URL.parse(whole)
  if (url === null || /\s/.test(text)) return 'is not a URL'
  if (text.includes('#')) return 'has a fragment (#…), which is never sent'
  if (text.includes('{interval')) return '{interval.…} is filled in in query values only'
  const secret = url.password === '' ? url.username : url.password
  if (secret === '' || secret.includes(STAND_IN)) return undefined
  return clearTextProblem('a user or password')
}
