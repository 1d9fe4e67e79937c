import { columnTypeText } from './column-type-text.ts'
import { describeRecords } from './describe-sightings.ts'
import type { DraftColumn } from './draft-columns.ts'

/** `columns:` as a pipeline file has them, with what a person should know as comments. */
export function draftText(columns: readonly DraftColumn[], records: number): string {
  const lines = columns.map((column) => {
    if (column.kind === 'skipped')
      return `  # ${yamlText(column.from)}: ${column.note ?? 'skipped'}`
    const proposed = `unique and never null in ${describeRecords(records)}`
    const notes = [
      ...(column.key ? [proposed] : []),
      ...(column.note === undefined ? [] : [column.note]),
    ]
    const comment = notes.length === 0 ? '' : ` # ${notes.join('; ')}`
    return `  ${yamlText(column.name)}: ${columnText(column)}${comment}`
  })
  const hasKey = columns.some((column) => column.kind === 'column' && column.key)
  const missing =
    '  # No field is unique and never null: mark the columns that are the key with key: true.'
  return ['columns:', ...(hasKey ? [] : [missing]), ...lines, ''].join('\n')
}

function columnText({ name, from, type, key }: DraftColumn & { readonly kind: 'column' }): string {
  const typeText = columnTypeText(type)
  const entries = [
    // Between braces a comma would end the value.
    `type: ${typeText.includes(',') ? JSON.stringify(typeText) : typeText}`,
    ...(from === name ? [] : [`from: ${yamlText(from)}`]),
    ...(key ? ['key: true'] : []),
  ]
  return entries.length === 1 ? typeText : `{ ${entries.join(', ')} }`
}

/** As it is where YAML would read it as this text, else in quotes. JSON's are YAML's too. */
function yamlText(text: string): string {
  const isPlain =
    /^[A-Za-z_][\w-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return isPlain ? text : JSON.stringify(text)
}
