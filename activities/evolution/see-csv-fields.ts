import { CsvStepper } from '../conversion/csv-stepper.ts'
import { splitCsv } from '../conversion/split-csv.ts'
import type { SeenFields } from './seen-fields.ts'
import { kindOfUntyped } from './value-kind.ts'

/** Looks at the wanted fields of every sound record of a CSV body. Consumes `body`. */
export function seeCsvFields(body: Buffer, fields: SeenFields): void {
  const { header, pieces, malformed } = splitCsv(body, new Set())
  const wanted = header.map((name) => fields.get(name))
  const setAside = new Set(malformed.map(({ record }) => record))
  const records = Buffer.concat(pieces)
  const stepper = new CsvStepper(records)
  for (let position = 0; stepper.step(); position += 1) {
    if (setAside.has(position)) continue
    const values = csvValues(records.toString('utf8', stepper.start, stepper.end))
    for (const [index, found] of wanted.entries()) {
      const text = values[index]
      if (found !== undefined && text !== undefined) found.needs.see(kindOfUntyped(text), text)
    }
  }
}

/**
 * Of the fields of a sound record; undefined for NULL. What is in quotes is a value even where it is
 * empty. No pattern, since a field may be many megabytes long.
 */
export function csvValues(record: string): (string | undefined)[] {
  const values: (string | undefined)[] = []
  for (let start = 0; start <= record.length;) {
    if (record[start] === '"') {
      const end = closingQuote(record, start + 1)
      values.push(record.slice(start + 1, end).replaceAll('""', '"'))
      start = end + 2
    } else {
      const comma = record.indexOf(',', start)
      const end = comma === -1 ? record.length : comma
      values.push(end === start ? undefined : record.slice(start, end))
      start = end + 1
    }
  }
  return values
}

/** @param from Behind the quote that opens the field. */
function closingQuote(record: string, from: number): number {
  let end = record.indexOf('"', from)
  while (end !== -1 && record[end + 1] === '"') end = record.indexOf('"', end + 2)
  return end === -1 ? record.length : end
}
