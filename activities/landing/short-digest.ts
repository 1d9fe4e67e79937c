import { digestOf } from '../../codec/index.ts'

/** What stands for a text or bytes of any length: enough of their SHA-256 that no two of a source are one. */
export async function shortDigest(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return (await digestOf(bytes)).slice(0, 16)
}
