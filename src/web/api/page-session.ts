import { createHmac, timingSafeEqual } from 'node:crypto'

export const sessionCookie = 'claimcheck_session'

/** How long a browser need not be told the token again. */
export const sessionSeconds = 43_200

/** What a browser that was given the token shows in its place: it follows from it, and does not tell it. */
export function sessionOf(token: string, now = new Date()): string {
  return sealed(token, Math.floor(now.getTime() / 1000) + sessionSeconds)
}

/** Whether it is a session of this token that has not ended. */
export function isSession(token: string, session: string, now = new Date()): boolean {
  const [, ends = ''] = /^(\d{1,12})\./.exec(session) ?? []
  const wanted = Buffer.from(sealed(token, Number(ends)))
  const given = Buffer.from(session)
  const isSealed = given.length === wanted.length && timingSafeEqual(given, wanted)
  return isSealed && now.getTime() < Number(ends) * 1000
}

function sealed(token: string, endsSeconds: number): string {
  const text = `claimcheck page session until ${endsSeconds}`
  return `${endsSeconds}.${createHmac('sha256', token).update(text).digest('base64url')}`
}
