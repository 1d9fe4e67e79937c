import { InvalidArgumentError } from '@commander-js/extra-typings'

/** The beginning of a dataset's id, as a person may copy it: with dashes or without. */
export function readDatasetPrefix(text: string): string {
  if (/^[0-9a-f][0-9a-f-]{3,35}$/i.test(text)) return text
  throw new InvalidArgumentError('Give at least four hexadecimal digits of the id.')
}
