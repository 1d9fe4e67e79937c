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

const separators: readonly (readonly [string, string])[] = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'bars'],
]

/**
 * Looks whether a header is one of the pipeline's at all: of a text that is none, or whose fields stand
 * apart by something else than commas, each record would be a row without values.
 *
 * @param declared Empty where nothing is known yet but that fields stand apart by commas.
 * @throws PipelineError SOURCE_MALFORMED
 */
export function requireDeclaredColumn(
  header: readonly string[],
  declared: ReadonlySet<string>,
): void {
  if (header.some((name) => declared.has(name))) return
  const [only = '', ...others] = header
  const [, found] = separators.find(([separator]) => only.includes(separator)) ?? []
  const apart = others.length > 0 ? undefined : found
  if (declared.size === 0 && apart === undefined) return
  const none = declared.size === 0 ? '' : ' none of the declared columns; it has'
  throw new PipelineError(
    'SOURCE_MALFORMED',
    apart === undefined
      ? 'the CSV header has none of the declared columns'
      : `the CSV header has${none} ${apart} and no comma`,
    {
      remedy:
        'Have it served with commas and one line of names, or compare `columns` and their `from` in the pipeline file with that line; case counts.',
      retryable: true,
    },
  )
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
