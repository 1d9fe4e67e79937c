import { randomNumbers } from '../../e2e/support/random-numbers.ts'

/** So few that each comes again, within a week and in later ones. */
export const contentCount = 240

/** Above what the codec leaves in a history. */
const usualLength = 1_500
/** Above the size at which the codec asks whether a blob is there before it sends it. */
const largeLength = 1_100_000
const largeEvery = 60

/** A text that tells its number: whoever reads it knows whether it is what was written. */
export function contentOf(number: number): string {
  const random = randomNumbers(number)
  let text = `${number}:`
  while (text.length < usualLength) text += Math.floor(random() * 2 ** 32).toString(36)
  return isLarge(number) ? text.repeat(Math.ceil(largeLength / text.length)) : text
}

export function isLarge(number: number): boolean {
  return number % largeEvery === 0
}
