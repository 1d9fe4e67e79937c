import type { ServerResponse } from 'node:http'

/** Answers with a small JSON value. To HEAD Node sends the headers only. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...headers,
  })
  response.end(body)
}

/** Answers with the one shape that every error has here. */
export function sendError(
  response: ServerResponse,
  status: number,
  error: { readonly code: string; readonly message: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(response, status, { error }, headers)
}
