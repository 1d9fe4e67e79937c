import { z } from 'zod'
import { queryProblem } from '../sources/postgres/query-problem.ts'
import { identifierProblem } from './identifier.ts'
import { parsedText, type Parsed } from './parsed.ts'
import { clearTextProblem, referenceProblem } from './reference-problem.ts'
import { parseTableName } from './table-name.ts'
import { STAND_IN, withStandIns } from './stand-ins.ts'
import { wholeNumber } from './whole-number.ts'

/** A table or a query of a PostgreSQL database. */
export const postgresSourceSchema = z
  .strictObject({
    kind: z.literal('postgres'),
    url: parsedText(checked(urlProblem)).meta({
      description: 'postgres://user:${PASSWORD}@host:port/database, or a reference to one.',
      examples: ['${ERP_DATABASE_URL}'],
    }),
    table: parsedText(parseTableName).optional(),
    query: parsedText(checked(queryProblem)).optional(),
    split: z
      .strictObject({
        column: parsedText(checked(identifierProblem)),
        ranges: wholeNumber(2, 64),
      })
      .optional(),
  })
  .superRefine(({ table, query }, context) => {
    if ((table === undefined) !== (query === undefined)) return
    const message = 'must name either a table or a query'
    // What is not there has no place of its own in the file.
    const path = table === undefined ? [] : ['table']
    context.addIssue({ code: 'custom', path, message, params: { onKey: true } })
  })

function checked(problemOf: (text: string) => string | undefined) {
  return (text: string): Parsed<string> => {
    const problem = problemOf(text)
    return problem === undefined ? { value: text } : { problem }
  }
}

/** Says nothing of what is in it: it may hold a password. */
function urlProblem(text: string): string | undefined {
  const problem = referenceProblem(text)
  if (problem !== undefined) return problem
  const whole = withStandIns(text, 'postgres://', 5432)
  if (!/^postgres(?:ql)?:\/\//i.test(whole)) return 'must begin with postgres:// or a reference'
  const url = URL.parse(whole)
  if (url === null || /\s/.test(text) || url.hash !== '') return 'is not a connection URL'
  const { searchParams: parameters } = url
  const secrets = [url.password, parameters.get('password'), parameters.get('sslpassword')]
  const isClear = secrets.some((secret) => (secret ?? '') !== '' && !secret?.includes(STAND_IN))
  return isClear ? clearTextProblem('a password') : undefined
}
