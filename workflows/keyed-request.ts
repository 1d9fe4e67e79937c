import { condition, defineSignal, setHandler } from '@temporalio/workflow'

/** Says what the request was answered. */
export const answeredSignal = defineSignal<[unknown]>('answered')

/** Whoever asks again after that long, and was never answered, is served as if for the first time. */
const longestWait = '1 day'

/**
 * Remembers a request that came with an idempotency key: its id is made of the key, its memo has the
 * request's digest, its result is the answer. Kept as long as the namespace keeps runs that have ended.
 */
export async function keyedRequest(): Promise<unknown> {
  let answers: unknown[] = []
  setHandler(answeredSignal, (answer) => {
    answers = [...answers, answer]
  })
  await condition(() => answers.length > 0, longestWait)
  return answers[0] ?? null
}
