/** One line of `--json`; its `type` says what it is about. */
export function printJson(line: { readonly type: string; readonly [name: string]: unknown }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
