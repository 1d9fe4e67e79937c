import { z } from 'zod'
import { modulePathProblem } from '../sources/modules/module-path-problem.ts'
import { EVEN_IF_WRONG, parsedText } from './parsed.ts'
import { clearTextProblem, hasReference, referenceProblem } from './reference-problem.ts'
import { sentText } from './source-text.ts'

const SECRET_NAMES = /(^|[-_.])(password|secret|token|credentials?|api[-_]?key)$/i

/** A module of the user's own that makes records. */
export const moduleSourceSchema = z.strictObject({
  kind: z.literal('module'),
  path: parsedText((path) => {
    const problem = modulePathProblem(path)
    return problem === undefined ? { value: path } : { problem }
  }).meta({ examples: ['erp.ts'] }),
  options: z
    .record(z.string(), sentText)
    .superRefine((options, context) => {
      for (const [name, text] of Object.entries<unknown>(options)) {
        const message = typeof text === 'string' ? optionProblem(name, text) : undefined
        if (message !== undefined) context.addIssue({ code: 'custom', message, path: [name] })
      }
    }, EVEN_IF_WRONG)
    .default({}),
})

function optionProblem(name: string, text: string): string | undefined {
  const problem = referenceProblem(text)
  if (problem !== undefined) return problem
  return SECRET_NAMES.test(name) && !hasReference(text) ? clearTextProblem('a secret') : undefined
}
