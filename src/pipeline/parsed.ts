import { z } from 'zod'

/** What reading a text gave: a value, or what is wrong with the text. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: string }

/** A schema for a text that `parse` understands. */
export function parsedText<Value>(parse: (text: string) => Parsed<Value>) {
  return z.string().transform((text, context): Value => {
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    context.issues.push({ code: 'custom', message: parsed.problem, input: text })
    return z.NEVER
  })
}

/**
 * For checks of a mapping's names: they also run when a value is wrong, so that one round of
 * correction is enough. Values are then as the file has them, whatever their type says.
 */
export const EVEN_IF_WRONG = {
  when: ({ value }: z.core.ParsePayload): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
}
