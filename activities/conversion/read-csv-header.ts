import { PipelineError } from '../pipeline-error.ts'

/** A header longer than this is no header. */
export const maxCsvHeaderBytes = 64 * 1024

/**
 * The column names of a CSV body, in order, from its start. Names that are empty or stand there twice are made unique
 * by their position, except that a declared column may not be ambiguous.
 *
 * @throws PipelineError CONVERSION_FAILED when a declared column is missing or there twice
 */
export function readCsvHeader(start: Buffer, declared: ReadonlySet<string>): string[] {
  const text = start.toString('utf8', 0, maxCsvHeaderBytes).replace(/^\uFEFF/, '')
  const fields = parseHeader(text)
  for (const name of declared) {
    const count = fields.filter((field) => field === name).length
    if (count === 1) continue
    throw new PipelineError(
      'CONVERSION_FAILED',
      `the CSV header has the column ${JSON.stringify(name)} ${count === 0 ? 'not at all' : 'more than once'}`,
      { remedy: 'Compare `columns` and their `from` in the pipeline file with the header.' },
    )
  }
  // DuckDB compares names without regard to case.
  const seen = new Set([...declared].map((name) => name.toLowerCase()))
  return fields.map((field, position) => {
    if (declared.has(field)) return field
    const isNew = field !== '' && !seen.has(field.toLowerCase())
    seen.add(field.toLowerCase())
    return isNew ? field : `column_${position + 1}_${field}`
  })
}

/** The first record of RFC 4180 text. */
function parseHeader(text: string): string[] {
  const fields: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/y
  for (;;) {
    const match = field.exec(text)
    if (match === null) {
      throw new PipelineError('CONVERSION_FAILED', 'the CSV header cannot be read', {
        remedy: 'Look at what the source serves; quotes in a header must be closed.',
      })
    }
    const [, quoted, plain = '', end] = match
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end !== ',') return fields
  }
}
