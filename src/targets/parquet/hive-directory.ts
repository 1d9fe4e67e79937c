import { PipelineError } from '../../../activities/pipeline-error.ts'

/** How Hive writes that there is no value. */
const nullName = '__HIVE_DEFAULT_PARTITION__'

/**
 * What Hive and Spark escape in the name of a directory, and no more: they read an escape as a letter,
 * so a letter outside of ASCII has to stay as it is.
 */
// oxlint-disable-next-line no-control-regex
const escaped = /[\u0001-\u001f"#%'*/:=?\\\u007f{[\]^]/g

/** DuckDB takes this for NULL, too, as long as nothing in it is escaped. */
const readAsNull = /^null$/i

/** What no listing of a store, which is XML, can hold. */
const unlistable = /[\ufffe\uffff]/

/** Of file systems, and so of some stores. */
const maxNameBytes = 255

/**
 * The directory of rows with these values, as Hive names it: `day=2026-11-23/carrier=DY/`.
 *
 * @param values Each as a text; undefined for NULL.
 * @throws PipelineError TARGET_MISMATCH where a value cannot be a directory
 */
export function hiveDirectory(
  columns: readonly { readonly name: string; readonly kind: string }[],
  values: readonly (string | undefined)[],
): string {
  return columns
    .map(({ name, kind }, index) => {
      const value = values[index]
      const problem = value === undefined ? undefined : valueProblem(value, kind)
      if (problem !== undefined) throw noDirectory(name, problem)
      const directory = `${name}=${value === undefined ? nullName : escapeName(value)}`
      if (Buffer.byteLength(directory) > maxNameBytes) {
        throw noDirectory(name, `is longer than ${maxNameBytes} bytes as the name of a directory`)
      }
      return `${directory}/`
    })
    .join('')
}

/** A value as Hive, Spark, pyarrow and DuckDB read it back: by percent signs. */
function escapeName(value: string): string {
  if (readAsNull.test(value)) return percent(value.charAt(0)) + value.slice(1)
  return value.replaceAll(escaped, percent)
}

function percent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

function valueProblem(value: string, kind: string): string | undefined {
  if (value === '') return 'is an empty text, which Hive takes for NULL'
  // Escaped or not, pyarrow takes it for NULL.
  if (value.toUpperCase() === nullName) return 'is the text that stands for NULL in Hive'
  if (unlistable.test(value)) return 'has a letter that no key of an object can have'
  if (kind === 'date' && !/^\d{4}-\d{2}-\d{2}$/.test(value)) {
    return 'is a day that not every reader of Hive directories knows'
  }
  return undefined
}

function noDirectory(column: string, problem: string): PipelineError {
  return new PipelineError('TARGET_MISMATCH', `a value of a directory column ${problem}`, {
    at: { column },
    remedy: 'Give it another value in `transform`, or leave the column out of `partition_by`.',
  })
}
