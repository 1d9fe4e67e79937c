import { InvalidArgumentError } from '@commander-js/extra-typings'

const mostDigits = 9

/**
 * Reads a whole number, as an option's value.
 *
 * @param range Both ends are allowed. @default from 1 on
 */
export function wholeNumber({
  least = 1,
  most,
}: { readonly least?: number; readonly most?: number } = {}): (text: string) => number {
  return (text) => {
    const number = Number(text)
    const isWhole = /^\d+$/.test(text) && text.length <= mostDigits
    if (isWhole && number >= least && number <= (most ?? number)) return number
    const range = most === undefined ? `${least} on` : `${least} to ${most}`
    throw new InvalidArgumentError(`Give a whole number from ${range}.`)
  }
}
