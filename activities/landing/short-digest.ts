import { digestOf } from '../../codec/index.ts'

/** What stands in a key for a text of any length: enough of its SHA-256 that no two texts of a source are one. */
export async function shortDigest(text: string): Promise<string> {
  return (await digestOf(Buffer.from(text))).slice(0, 16)
}
