import { readFileSync } from 'node:fs'
import type { ColumnType } from '../../../activities/pipeline-definition.ts'
import { parseColumnType } from '../../../src/pipeline/column-type.ts'

/** Texts that a source may serve for a column of the type: good, extreme, malformed and hostile. */
export interface TypeLiterals {
  /** As a pipeline file writes the type. */
  readonly name: string
  readonly type: ColumnType
  readonly literals: readonly string[]
  /** How values are to be written, for the page. */
  readonly rule: string
  /** Where a load differs from PostgreSQL by that rule. */
  readonly differs: readonly string[]
}

/** Groups of texts: white space, signs, exponents, eras, leap seconds and whatever else is mistaken. */
const groups: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../../fixtures/type-literals.json', import.meta.url), 'utf8'),
)

const whole = 'A whole number in decimal digits, with a sign perhaps.'
const rounded = 'Of a second, digits beyond the sixth are rounded.'

const arrays =
  "PostgreSQL's array literal, as COPY writes it, or a JSON array, which PostgreSQL does not read; one dimension that begins at 1. In JSON it is an array, or one of the two in a string. Each element is read as a value of its type is, by the rules above; one that is none sets the row aside. `NULL` in a literal and `null` in JSON are NULL elements."
const documents =
  'The same. An element of a JSON array keeps its text, and may hold arrays and objects, 64 in one another at most. An element of a literal is JSON text.'

export const typeLiterals: readonly TypeLiterals[] = [
  literalsOf('smallint', ['integers', 'smallint'], whole),
  literalsOf('integer', ['integers', 'integer'], whole),
  literalsOf('bigint', ['integers', 'bigint'], whole),
  literalsOf(
    'numeric(10, 2)',
    ['decimals'],
    'A decimal number, with an exponent of up to three digits perhaps. Decimals beyond the scale are rounded, half away from zero.',
  ),
  literalsOf('numeric(38, 10)', ['wide'], 'The same.'),
  literalsOf('numeric(5, 5)', ['narrow'], 'The same.'),
  literalsOf(
    'double',
    ['doubles'],
    'A number, `NaN` or an infinity. Rounded to the nearest double; what would become infinite or zero is refused.',
  ),
  literalsOf(
    'boolean',
    ['booleans'],
    '`true`, `false`, `t`, `f`, `yes`, `no`, `y`, `n`, `1` or `0`, in upper or lower case.',
  ),
  literalsOf(
    'text',
    ['texts'],
    'Every text without a NUL character. A number of JSON keeps its digits.',
  ),
  literalsOf(
    'date',
    ['dates', 'times'],
    'A day as year (four digits or more, not 0), month and day; `BC` may end the text. Or an infinity. A time of day, with an offset perhaps, is dropped.',
  ),
  literalsOf(
    'timestamp',
    ['times', 'dates'],
    `A day as a date has it and a time of day, without which it is midnight. An offset is dropped. ${rounded} The range ends in the year 294247.`,
  ),
  literalsOf(
    'timestamptz',
    ['times', 'dates'],
    `The same, and an offset counts: \`Z\`, \`+01\`, \`+0100\` or \`+01:00\`. Without one it is UTC. ${rounded}`,
  ),
  literalsOf(
    'time',
    ['timesOfDay'],
    `Hours, minutes and seconds perhaps; \`24:00\` is one. An offset is dropped. ${rounded}`,
  ),
  literalsOf(
    'uuid',
    ['uuids'],
    '32 hexadecimal digits, a hyphen behind any four of them, in braces perhaps.',
  ),
  literalsOf(
    'json',
    ['documents'],
    'JSON by the letter of RFC 8259. A member of a JSON record keeps its text: digits, order, names that are there twice. JSON `null` in such a record is NULL. In CSV the field is JSON text. Half a surrogate pair is refused, and more than 999 arrays and objects in one another.',
  ),
  literalsOf(
    'jsonb',
    ['documents'],
    'The same, stored as PostgreSQL does: of names that are there twice the last counts. A NUL in a text is refused, a number of 1000 digits or with an exponent of five, and a document that might be over 256 MiB, have an array of over 16,777,216 elements or an object of over 8,388,608 members.',
  ),
  literalsOf(
    'bytea',
    ['bytes'],
    'Hexadecimal digits behind `\\x`, or else base64 with its padding. PostgreSQL takes the latter for the bytes of the text.',
    ['AQID', 'AQI=', 'AQ==', 'AQ+/', 'AQIDBA==', 'deadbeef', 'null'],
  ),
]

/** The same of arrays. */
export const arrayLiterals: readonly TypeLiterals[] = [
  arraysOf('integer', ['arrays', 'integerArrays'], arrays),
  arraysOf('smallint', ['smallintArrays']),
  arraysOf('bigint', ['bigintArrays']),
  arraysOf('numeric(10, 2)', ['decimalArrays']),
  arraysOf('double', ['doubleArrays']),
  arraysOf('boolean', ['booleanArrays']),
  arraysOf('text', ['arrays', 'textArrays']),
  arraysOf('date', ['dateArrays']),
  arraysOf('time', ['timeArrays']),
  arraysOf('timestamp', ['timestampArrays']),
  arraysOf('timestamptz', ['timestampArrays']),
  arraysOf('uuid', ['uuidArrays']),
  arraysOf('json', ['documentArrays'], documents),
  arraysOf('jsonb', ['arrays', 'documentArrays']),
  arraysOf('bytea', ['bytesArrays']),
]

function arraysOf(element: string, of: readonly string[], rule = 'The same.'): TypeLiterals {
  const literals = literalsOf(`${element}[]`, of, rule)
  // PostgreSQL does not read JSON as an array.
  const differs = literals.literals.filter((text) => text.trimStart().startsWith('['))
  return { ...literals, differs }
}

function literalsOf(
  name: string,
  of: readonly string[],
  rule: string,
  differs: readonly string[] = [],
): TypeLiterals {
  const parsed = parseColumnType(name)
  if ('problem' in parsed) throw new Error(parsed.problem)
  const literals = [...of, 'everywhere'].flatMap((group) => {
    const found = groups[group]
    if (found === undefined) throw new Error(`there are no texts called ${group}`)
    return found
  })
  return { name, type: parsed.value, literals: [...new Set(literals)], rule, differs }
}
