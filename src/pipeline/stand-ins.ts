import { replaceReferences } from '../sources/resolve-references.ts'

/** Stands for a reference's value while the rest of an address is looked at. */
export const STAND_IN = 'reference'

/**
 * An address with something in the place of its references.
 *
 * @param start What a reference at the start brings with it, as far as anybody can tell: the scheme.
 * @param port What stands for one that is the port.
 */
export function withStandIns(text: string, start: string, port: number): string {
  const whole = text
    .replace(/^\$\{\w+\}/, start + STAND_IN)
    .replace(/:\$\{\w+\}(?=[/?]|$)/, `:${port}`)
  return replaceReferences(whole, () => STAND_IN)
}
