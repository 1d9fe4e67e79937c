import type { SourceSlice } from '../../activities/index.ts'

/** What a run fills in where a source is asked; each a text. */
export const PLACEHOLDERS = [
  '{interval.start}',
  '{interval.end}',
  '{partition}',
  '{high_water_mark}',
] as const

/** Any of them, wherever it stands. */
export const anyPlaceholder = new RegExp(
  PLACEHOLDERS.join('|').replaceAll(/[{}.]/g, String.raw`\$&`),
  'g',
)

/**
 * The text with what the run is for in the place of its placeholders.
 *
 * @param spell Writes a value as the text's language wants it. @default as it is
 */
export function fillIn(
  template: string,
  { interval, partition, highWaterMark = '' }: SourceSlice,
  spell: (value: string) => string = (value) => value,
): string {
  const values: Readonly<Record<string, string>> = {
    '{interval.start}': interval.start,
    '{interval.end}': interval.end,
    '{partition}': partition,
    '{high_water_mark}': highWaterMark,
  }
  return template.replaceAll(anyPlaceholder, (placeholder) => spell(values[placeholder] ?? ''))
}
