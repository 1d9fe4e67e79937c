import { z } from 'zod'
import { parsedText, type Parsed } from './parsed.ts'
import {
  clearTextProblem,
  hasReference,
  isReference,
  referenceProblem,
} from './reference-problem.ts'
import { headerNameProblem, headerValueProblem, sentText } from './source-text.ts'
import { parseSourceUrl } from './source-url.ts'

const inClearText = clearTextProblem('a secret')

/** All of a secret is one reference: whatever stands beside it would be a part in clear text. */
const secret = sentText.pipe(parsedText(parseSecret)).meta({ examples: ['${NAME}'] })

const plainOrReference = sentText.pipe(
  parsedText((text) => {
    if (text === '') return { problem: 'is empty' }
    const problem = referenceProblem(text) ?? headerValueProblem(text)
    return problem === undefined ? { value: text } : { problem }
  }),
)

/** How the source is told who asks. */
export const authSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secret }),
  z.strictObject({ kind: z.literal('basic'), user: plainOrReference, password: secret }),
  z.strictObject({
    kind: z.literal('header'),
    name: parsedText((name) => {
      const problem = headerNameProblem(name)
      return problem === undefined ? { value: name } : { problem }
    }),
    // A scheme may stand before the secret: Token ${NAME}.
    value: plainOrReference.refine(hasReference, inClearText),
  }),
  z.strictObject({
    kind: z.literal('oauth2'),
    token_url: parsedText(parseSourceUrl),
    client_id: plainOrReference,
    client_secret: secret,
    scope: plainOrReference.optional(),
  }),
])

/** What else in a source would tell the same: then nobody could say which is sent. */
export function authProblems({
  auth,
  headers,
  url,
}: {
  readonly auth?: z.output<typeof authSchema> | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly url: string
}): { path: string[]; problem: string }[] {
  if (auth === undefined) return []
  const sent = auth.kind === 'header' ? auth.name.toLowerCase() : 'authorization'
  const twice = Object.keys(headers).find((name) => name.toLowerCase() === sent)
  if (twice !== undefined) return [{ path: ['headers', twice], problem: 'is sent by auth already' }]
  if (sent !== 'authorization' || !/^[^?]*:\/\/[^/?]*@/.test(url)) return []
  return [{ path: ['auth'], problem: 'the url holds a user already' }]
}

function parseSecret(text: string): Parsed<string> {
  return isReference(text) ? { value: text } : { problem: inClearText }
}
