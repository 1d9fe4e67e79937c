import { CsvStepper } from '../../../activities/conversion/csv-stepper.ts'
import {
  maxCsvHeaderBytes,
  readCsvHeader,
  requireDeclaredColumn,
} from '../../../activities/conversion/read-csv-header.ts'
import { splitCsv } from '../../../activities/conversion/split-csv.ts'
import { csvValues } from '../../../activities/evolution/see-csv-fields.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { RecordSightings, SeenValue } from './record-sightings.ts'
import { kindOfUntyped } from '../../../activities/evolution/value-kind.ts'

/**
 * Looks at every record of a CSV body. Records that are malformed are counted only, as a load sets
 * them aside. Consumes `body`.
 *
 * @throws PipelineError CONVERSION_FAILED, SOURCE_MALFORMED where the body is no CSV
 */
export function seeCsvRecords(body: Buffer, sightings: RecordSightings): void {
  const start = Buffer.from(body.subarray(0, maxCsvHeaderBytes))
  const { header, pieces, malformed } = splitCsv(body, new Set())
  requireDeclaredColumn(header, new Set())
  for (const name of header) if (!isReadable(start, name)) sightings.unreadable.add(name)
  const setAside = new Set(malformed.map(({ record }) => record))
  sightings.malformed += setAside.size
  const records = Buffer.concat(pieces)
  const stepper = new CsvStepper(records)
  for (let position = 0; stepper.step(); position += 1) {
    if (setAside.has(position)) continue
    const values = readFields(records.toString('utf8', stepper.start, stepper.end))
    sightings.see(header.map((name, index) => [name, values[index]]))
  }
}

/** Not if the header has that name more than once. */
function isReadable(start: Buffer, name: string): boolean {
  try {
    readCsvHeader(start, new Set([name]))
    return true
  } catch (error) {
    if (error instanceof PipelineError) return false
    throw error
  }
}

function readFields(record: string): (SeenValue | undefined)[] {
  return csvValues(record).map((text) =>
    text === undefined ? undefined : { kind: kindOfUntyped(text), text },
  )
}
