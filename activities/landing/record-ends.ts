import { CsvStepper } from '../conversion/csv-stepper.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { TextFormat } from '../source-definition.ts'

const lineFeed = 0x0a

/**
 * Where the beginning of a body is cut into a page: after the last record that ends within
 * `targetBytes`, else after its first one; undefined where not even that ends in it. A record that the
 * body's own end could have cut off does not count.
 */
export function findCut(body: Buffer, format: TextFormat, targetBytes: number): number | undefined {
  switch (format) {
    case 'json':
      return undefined
    case 'ndjson':
      return lineCut(body, targetBytes)
    case 'csv':
      return csvCut(body, targetBytes)
  }
}

function lineCut(body: Buffer, targetBytes: number): number | undefined {
  const last = body.lastIndexOf(lineFeed, targetBytes - 1)
  if (last !== -1) return last + 1
  const first = body.indexOf(lineFeed, targetBytes)
  return first === -1 ? undefined : first + 1
}

/** The header, with which a CSV body begins, is no record. */
function csvCut(body: Buffer, targetBytes: number): number | undefined {
  const stepper = new CsvStepper(body)
  let cut: number | undefined
  if (!isWhole(body, stepper)) return undefined
  while (isWhole(body, stepper)) {
    if (stepper.next > targetBytes) return cut ?? stepper.next
    cut = stepper.next
  }
  return cut
}

/** The header of a CSV body with its line end; undefined where there is nothing but a header. */
export function csvHeader(body: Buffer): Buffer | undefined {
  const stepper = new CsvStepper(body)
  return isWhole(body, stepper)
    ? Buffer.from(body.subarray(stepper.start, stepper.next))
    : undefined
}

/** Goes on to the next record; false where that does not end with a line end inside of the body. */
function isWhole(body: Buffer, stepper: CsvStepper): boolean {
  try {
    return stepper.step() && body[stepper.next - 1] === lineFeed
  } catch (error) {
    // A quote that is open at the end of the body is closed behind it, or never: the page tells.
    if (error instanceof PipelineError) return false
    throw error
  }
}
