import { z } from 'zod'
import type { S3Access } from '../../activities/source-definition.ts'
import { parsedText, type Parsed } from './parsed.ts'
import { clearTextProblem, isReference, referenceProblem } from './reference-problem.ts'
import { isHeaderValue, sentText } from './source-text.ts'
import { parseSourceUrl } from './source-url.ts'

const secret = sentText.pipe(
  parsedText((text) =>
    isReference(text) ? { value: text } : { problem: clearTextProblem('a secret') },
  ),
)

const region = sentText.pipe(parsedText(parseRegion))

/** How another store than the worker's own is reached. */
export const s3AccessSchema = z.strictObject({
  endpoint: sentText.pipe(parsedText(parseSourceUrl)).optional(),
  region: region.optional(),
  access_key_id: secret,
  secret_access_key: secret,
})

export function toS3Access({
  endpoint,
  region: regionName,
  access_key_id: accessKeyId,
  secret_access_key: secretAccessKey,
}: z.output<typeof s3AccessSchema>): S3Access {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(regionName === undefined ? {} : { region: regionName }),
    accessKeyId,
    secretAccessKey,
  }
}

function parseRegion(text: string): Parsed<string> {
  const isWell = text !== '' && isHeaderValue(text)
  const problem = referenceProblem(text) ?? (isWell ? undefined : 'is no name of a region')
  return problem === undefined ? { value: text } : { problem }
}
