import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mainScript } from '../support/run-cli.ts'
import { cpuSeconds, peakRssMib } from './process-figures.ts'
import { rounded } from './report.ts'

export interface MeasuredCommand {
  readonly exitCode: number | null
  readonly seconds: number
  readonly cpuSeconds: number
  /** The most that it held in memory. */
  readonly peakMib: number
  readonly lines: number
  /** Its last line, where that is JSON. */
  readonly last: Readonly<Record<string, unknown>>
}

/** Runs `claimcheck` with these words in a process of its own, with the flags that this one has. */
export function measureCommand(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<MeasuredCommand> {
  return measureScript([mainScript, ...words], environment)
}

/** Runs a script and looks at its process until it ends. */
export async function measureScript(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<MeasuredCommand> {
  const beganAt = performance.now()
  const child = spawn(process.execPath, [...process.execArgv, ...command], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { pid = 0 } = child
  let peakMib = 0
  let used = 0
  let looks = 0
  const looking = setInterval(() => {
    if (child.exitCode !== null) return
    peakMib = Math.max(peakMib, peakRssMib(pid))
    looks += 1
    // It looks at every process there is.
    if (looks % 4 === 0) used = Math.max(used, cpuSeconds({ child: pid })['child'] ?? 0)
  }, 50)
  let lines = 0
  let rest = ''
  let last = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines += parts.length
    last = parts.at(-1) ?? last
  })
  const [exitCode] = await once(child, 'close')
  clearInterval(looking)
  return {
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    seconds: rounded((performance.now() - beganAt) / 1000),
    cpuSeconds: rounded(used),
    peakMib,
    lines,
    last: last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : {},
  }
}
