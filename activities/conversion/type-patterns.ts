/**
 * How values of a type may be written: forms that DuckDB and PostgreSQL read alike. Regular
 * expressions that DuckDB's RE2 and JavaScript understand alike, for the whole of a text.
 */

const space = '[ \\t\\n\\r]*'
const clock =
  '(?:(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]+)?)?|24:00(?::00(?:\\.0+)?)?)'
/** PostgreSQL's zones reach to 15:59. */
const offset = '(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)'
/** No year 0. */
const day = '(?:[1-9][0-9]{3,6}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{1,2}-[0-9]{1,2}'

export const integerPattern = `${space}[+-]?[0-9]+${space}`

/** A decimal number as its sign, digits before and behind the point, and exponent. */
export const exponentPattern = `^${space}([+-]?)([0-9]*)[.]?([0-9]*)[eE]([+-]?[0-9]{1,3})${space}$`

const dayAndTime = `${day}(?:[ T]${clock}${space}${offset}?)?`
/** Infinity, or a day with a time of day and an offset perhaps. */
export const datePattern = `${space}(?:-?[iI][nN][fF][iI][nN][iI][tT][yY]|${dayAndTime})${space}`
/** The same before the year 1. */
export const datePatternBc = `${space}${dayAndTime} BC${space}`

/** What begins with a year of six digits and ends with a time of day without an offset. */
export const farLocalTimePattern = `^${space}[0-9]{6,}-[0-9]+-[0-9]+[ T][0-9]+:[0-9]+:[0-9.]+${space}$`

export const timePattern = `${space}${clock}${offset}?${space}`

const uuid = '(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}'
export const uuidPattern = `(?:${uuid}|[{]${uuid}[}])`

export const hexPattern = '\\\\x(?:[0-9a-fA-F]{2})*'
/** With its padding, and no bits beyond the last byte. */
export const base64Pattern =
  '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?'

export const jsonStringPattern = '"(?:[^"\\\\\\x00-\\x1f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
const jsonNumber = '-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?'
export const jsonScalarPattern = `(?:${jsonStringPattern}|${jsonNumber}|true|false|null)`
const jsonValue = `(?:${jsonScalarPattern}|[\\[{])`
/** The tokens of JSON, no comma before a closing bracket; DuckDB sees to the structure. */
export const jsonTokensPattern = `(?:${space}(?:[\\]}:]|,?${space}${jsonValue}))*${space}`

/** `\u0000` that is not an escaped backslash and more. */
export const jsonNulPattern = '(?:^|[^\\\\])(?:\\\\\\\\)*\\\\u0000'
/** In JSON without its strings: a number that PostgreSQL's numeric might not hold. */
export const jsonWideNumberPattern = '[0-9.]{1000}|[eE][+-]?0*[1-9][0-9]{4}'
