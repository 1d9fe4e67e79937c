import type { ActivityInboundCallsInterceptor, WorkerInterceptors } from '@temporalio/worker'
import { isClaim, type Claim } from './claim.ts'
import { toActivityFailure } from './codec-failure.ts'
import type { Claims } from './claims.ts'

/** The activities as a workflow may call them: with a claim wherever a value is wanted. */
export type WithClaims<Activities> = {
  [Name in keyof Activities]: Activities[Name] extends (...inputs: infer Inputs) => infer Result
    ? (...inputs: { [Index in keyof Inputs]: OrClaim<Inputs[Index]> }) => Result
    : never
}

type OrClaim<T> = T | Claim<T> | { [Name in keyof T]: T[Name] | Claim<T[Name]> }

/**
 * Lets activities be given claims where they want values: what is a claim among their arguments, or
 * among the members of an argument, is fetched before the activity begins. Claims of streams stay,
 * for they are to be streamed. Errors of claims end the activity as those of the codec do.
 *
 *     Worker.create({ interceptors: claimArguments(claims), … })
 *     const { summarize } = proxyActivities<WithClaims<Activities>>({ … })
 */
export function claimArguments(claims: Claims): WorkerInterceptors {
  const inbound: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      try {
        const resolving = input.args.map(async (argument) => valueOf(claims, argument))
        return await next({ ...input, args: await Promise.all(resolving) })
      } catch (error) {
        throw toActivityFailure(error)
      }
    },
  }
  return { activity: [() => ({ inbound })] }
}

async function valueOf(claims: Claims, argument: unknown): Promise<unknown> {
  if (isClaim(argument)) return fetched(claims, argument)
  if (!isPlainObject(argument)) return argument
  const members = Object.entries(argument)
  if (!members.some(([, member]) => isClaim(member))) return argument
  return Object.fromEntries(
    await Promise.all(
      members.map(async ([name, member]) => [
        name,
        isClaim(member) ? await fetched(claims, member) : member,
      ]),
    ),
  )
}

async function fetched(claims: Claims, claim: Claim): Promise<unknown> {
  return claim.encoding === 'binary/stream' ? claim : claims.fetchValue(claim)
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  return Object.getPrototypeOf(value) === Object.prototype
}
