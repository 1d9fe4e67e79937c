import { createInterface } from 'node:readline/promises'

interface Conversation {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

/** Asks a person at a terminal; anything but yes is no, Ctrl-C, and the end of what they type, included. */
export async function confirm(
  question: string,
  { input, output }: Conversation = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const asked = createInterface({ input, output })
  try {
    const answer = await new Promise<string>((resolve) => {
      // Behind an answer that came at the same moment.
      asked.once('close', () => setImmediate(resolve, ''))
      asked.question(`${question} [y/N] `).then(resolve, () => resolve(''))
    })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    asked.close()
  }
}
