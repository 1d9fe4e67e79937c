import { z } from 'zod'

/** What a statement has that says nothing: comments, and texts and names in quotes. */
const QUOTED =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/g

/**
 * DuckDB SQL that is one SELECT, as far as the first word and the semicolons tell. DuckDB looks at the
 * rest when a load begins.
 */
export const selectSql = z
  .string()
  .min(1, 'is empty')
  .superRefine((sql, context) => {
    const problem = selectProblem(sql)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })

function selectProblem(sql: string): string | undefined {
  const bare = sql.replaceAll(QUOTED, (quoted) => (/^['"$]/.test(quoted) ? 'x' : ' ')).trim()
  if (bare === '') return 'is empty'
  const [, word = ''] = /^[\s(]*(\w*)/.exec(bare) ?? []
  if (!/^(select|with|from|values|table)$/i.test(word)) return 'must be a SELECT of DuckDB'
  return /;[\s;]*[^\s;]/.test(bare) ? 'must be one statement' : undefined
}
