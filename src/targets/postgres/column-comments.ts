import { escapeLiteral } from 'pg'
import type { LoadRequest } from './postgres-requests.ts'
import { quoteColumn, quoteTable } from './sql-name.ts'

/** What a table and its columns are described as now. */
export interface TableComments {
  readonly comment: string | null
  readonly columns: readonly { readonly name: string; readonly comment: string | null }[]
}

const WITHOUT_COMMENTS: TableComments = { comment: null, columns: [] }

/**
 * The statements that write the contract's descriptions as comments of the table and its columns,
 * where they are not there already. What the contract does not describe keeps its comment.
 *
 * @param current By default a new table's, which has none.
 */
export function commentStatements(
  request: Pick<LoadRequest, 'target' | 'columns' | 'description'>,
  current: TableComments = WITHOUT_COMMENTS,
): readonly string[] {
  const table = quoteTable(request.target)
  const statements: string[] = []
  const { description } = request
  if (description !== undefined && description !== current.comment) {
    statements.push(`COMMENT ON TABLE ${table} IS ${escapeLiteral(description)}`)
  }
  const comments = new Map(current.columns.map(({ name, comment }) => [name, comment]))
  for (const { name, description: text } of request.columns) {
    if (text === undefined || text === comments.get(name)) continue
    statements.push(`COMMENT ON COLUMN ${table}.${quoteColumn(name)} IS ${escapeLiteral(text)}`)
  }
  return statements
}
