/**
 * The sample source as a process of its own.
 *
 *   node infra/sample-source/main.ts --directory D [--port P] [--prepare] [--attached]
 *
 * Prints `{"url":"http://127.0.0.1:…"}` on stdout when it is ready. Ends on SIGTERM and SIGINT; with
 * `--attached` also when its stdin closes, so that it does not outlive the process that started it.
 */
import { parseArgs } from 'node:util'
import { startSampleSource } from './start-sample-source.ts'

const { values } = parseArgs({
  options: {
    directory: { type: 'string' },
    port: { type: 'string', default: '0' },
    prepare: { type: 'boolean', default: false },
    attached: { type: 'boolean', default: false },
  },
})
const port = Number(values.port)
if (values.directory === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write(
    'usage: main.ts --directory <folder> [--port <number>] [--prepare] [--attached]\n',
  )
  process.exit(2)
}

const source = await startSampleSource({ directory: values.directory, port })
if (values.prepare) await source.prepare()

function stop(): void {
  void source.close().then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
if (values.attached) process.stdin.once('close', stop).resume()

process.stdout.write(`${JSON.stringify({ url: source.url })}\n`)
