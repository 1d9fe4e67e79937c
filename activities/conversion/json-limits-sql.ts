import { maxNestingLevels } from '../json/check-record.ts'
import { literal } from './sql-text.ts'
import { jsonStringPattern } from './type-patterns.ts'

/** The record that JSON stands in is a level too, whatever its format. */
const maxLevels = maxNestingLevels - 1

/** A pattern takes away so many levels at once, and as many times as there are to be taken. */
const levelsAtOnce = 37
const steps = Math.ceil(maxLevels / levelsAtOnce)

/** All that closes again within so many levels, nothing else being there than brackets. */
const shallowPattern = Array.from({ length: levelsAtOnce }).reduce<string>(
  (inner) => `[\\[{]${inner === '' ? '' : `(?:${inner})*`}[\\]}]`,
  '',
)

/**
 * When JSON is nested deeper than what is to read it goes down, as SQL. What is short, or has few
 * brackets, is not looked at.
 *
 * @param text SQL of JSON that is well-formed; never for a NULL
 */
export function tooDeepSql(text: string): string {
  const brackets = `regexp_replace(${text}, ${literal(`${jsonStringPattern}|[^\\[\\]{}"]+`)}, '', 'g')`
  const rest = `list_reduce(list_prepend(${brackets}, list_resize([]::VARCHAR[], ${steps}, '')),
    lambda left_over, step: regexp_replace(left_over, ${literal(shallowPattern)}, '', 'g'))`
  return `CASE WHEN strlen(${text}) > ${2 * maxLevels}
    THEN CASE WHEN ${countSql(text, '[', '{')} > ${maxLevels} THEN ${rest} <> '' ELSE false END ELSE false END`
}

/**
 * PostgreSQL reads the elements of one array, or the members of one object, into memory that it doubles,
 * and refuses more than 1 GiB: 2^24 elements of 32 bytes, 2^23 members of 72 bytes. Offsets in its
 * `jsonb` have 28 bits.
 */
const maxElements = 2 ** 24
const maxMembers = 2 ** 23
const maxJsonbBytes = 2 ** 28 - 1

/** Shorter JSON is within all of them: an element is a digit and a comma at least, and becomes 12 bytes. */
const surelyFits = 32 * 1024 * 1024

/**
 * When JSON might be larger than PostgreSQL's `jsonb` can be, as SQL. Reckoned from above: each value has
 * an entry of 4 bytes beside its own, which are padded, and a number 8 at least.
 *
 * @param text SQL of JSON that is well-formed; never for a NULL
 */
export function tooLargeForJsonbSql(text: string): string {
  const counts = [countSql(text, ','), countSql(text, ':'), countSql(text, '[', '{')]
  const bytes = `strlen(${text}) + 12 * n[1] + 8 * n[2] + 8 * n[3]`
  // In a list, so that each is counted once.
  return `CASE WHEN strlen(${text}) > ${surelyFits} THEN list_transform([[${counts.join(', ')}]], lambda n:
      n[1] >= ${maxElements} OR n[2] > ${maxMembers} OR ${bytes} > ${maxJsonbBytes})[1] ELSE false END`
}

/** How often characters of one byte stand in a text. */
function countSql(text: string, ...characters: readonly string[]): string {
  const without = characters.reduce((left, found) => `replace(${left}, '${found}', '')`, text)
  return `(strlen(${text}) - strlen(${without}))`
}
