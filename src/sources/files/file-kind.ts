export type FileKind = 'local' | 's3' | 'http'

/** Where a path of a file source leads. */
export function fileKind(path: string): FileKind {
  if (/^https?:\/\//i.test(path)) return 'http'
  return /^s3:\/\//i.test(path) ? 's3' : 'local'
}

/** The bucket and the key of `s3://bucket/key`, either of them empty where it is missing. */
export function s3Place(path: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?([^]*)$/i.exec(path) ?? []
  return { bucket, key }
}

export function isBucketName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{1,62}$/i.test(text)
}
