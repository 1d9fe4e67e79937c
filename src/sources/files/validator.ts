import type { IncomingHttpHeaders } from 'node:http'

/** What an answer says of the version of its body. */
export interface Validator {
  /** Of one sequence of bytes and no other; as it is written, quotes included. */
  readonly strongEtag: string | undefined
  /** Of what means the same: tells a change, and no bytes. */
  readonly weakEtag: string | undefined
  readonly lastModified: string | undefined
  /** Of the whole body. */
  readonly lengthBytes: number | undefined
}

/** Of an answer with a whole body. */
export function readValidator(headers: IncomingHttpHeaders): Validator {
  const { etag = '', 'last-modified': lastModified, 'content-length': length } = headers
  return {
    strongEtag: /^"[^"]*"$/.test(etag) ? etag : undefined,
    weakEtag: /^W\/"[^"]*"$/.test(etag) ? etag : undefined,
    lastModified,
    lengthBytes: length === undefined ? undefined : Number(length),
  }
}

/** As `SourceItem.version`; undefined where the answer does not tell. */
export function versionOf({
  strongEtag,
  weakEtag,
  lastModified,
  lengthBytes,
}: Validator): string | undefined {
  if (strongEtag !== undefined) return strongEtag
  if (lastModified === undefined || lengthBytes === undefined) return undefined
  // A date is of whole seconds.
  return [lastModified, lengthBytes, ...(weakEtag === undefined ? [] : [weakEtag])].join(' ')
}

/** Whether two answers may be of the same body, as far as both of them tell. */
export function mayBeSame(before: Validator, now: Validator): boolean {
  if (before.strongEtag !== undefined) return before.strongEtag === now.strongEtag
  return (['weakEtag', 'lastModified', 'lengthBytes'] as const).every((name) =>
    agree(before[name], now[name]),
  )
}

function agree<T>(before: T | undefined, now: T | undefined): boolean {
  return before === undefined || now === undefined || before === now
}
