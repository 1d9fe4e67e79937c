import { PipelineError } from '../pipeline-error.ts'

/** A header longer than this is no header. */
export const maxCsvHeaderBytes = 64 * 1024

/**
 * The column names of a CSV body, in order, from its start. A column whose name is
 * empty or is there before is called by its position, from 1: `column_5`.
 *
 * @throws PipelineError CONVERSION_FAILED when a declared column is there twice, or one that is
 * required is missing
 */
export function readCsvHeader(
  start: Buffer,
  declared: ReadonlySet<string>,
  required: ReadonlySet<string> = declared,
): string[] {
  const fields = parseHeader(start.toString('utf8').replace(/^\uFEFF/, ''))
  const names = fields.map((field, position) =>
    field !== '' && fields.indexOf(field) === position ? field : `column_${position + 1}`,
  )
  for (const name of declared) {
    const inHeader = fields.filter((field) => field === name).length
    const count = inHeader > 1 ? inHeader : names.filter((field) => field === name).length
    if (count === 1 || (count === 0 && !required.has(name))) continue
    throw new PipelineError(
      'CONVERSION_FAILED',
      `the CSV header has the column ${JSON.stringify(name)} ${count === 0 ? 'not at all' : 'more than once'}`,
      {
        remedy:
          'Compare `columns` and their `from` in the pipeline file with the header; `column_5` is the fifth, if it has no name of its own.',
      },
    )
  }
  return names
}

/** The first record of RFC 4180 text. */
function parseHeader(text: string): string[] {
  const fields: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  for (;;) {
    const match = field.exec(text)
    if (match === null) throw unreadableCsvHeader()
    const [, quoted, plain = '', end] = match
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end !== ',') return fields
  }
}

export function unreadableCsvHeader(): PipelineError {
  return new PipelineError('CONVERSION_FAILED', 'the CSV header cannot be read', {
    remedy:
      'Look at what the source serves: UTF-8, lines that end in LF or CRLF, quotes that are closed.',
  })
}
