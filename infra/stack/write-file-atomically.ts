import { renameSync, writeFileSync } from 'node:fs'

/** Replaces a file so that a reader, or a crash, sees the old text or the new one, never a part. */
export function writeFileAtomically(path: string, text: string, mode: number): void {
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, text, { mode })
  renameSync(draft, path)
}
