import { InvalidArgumentError } from '@commander-js/extra-typings'

/** Reads a whole number from 1 to `most`, as an option's value. */
export function numberUpTo(most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= 1 && number <= most) return number
    throw new InvalidArgumentError(`Give a number from 1 to ${most}.`)
  }
}
