import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { portOf } from '../../infra/stack/embedded-server.ts'
import { requireExecutable } from '../../infra/stack/require-executable.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { readState } from '../../infra/stack/stack-state.ts'

/** Fields of the messages in which SeaweedFS saves what it knows of its files. */
const fields = { directory: 1, entry: 2, name: 1, attributes: 4, modified: 2 }

/**
 * Makes objects of the embedded store older than they are, as no S3 request can: what SeaweedFS knows of
 * them is saved, their times are changed, and it is loaded again.
 *
 * @param directory Of the stack.
 * @param writtenAt Is told the key of an object.
 */
export async function backdateObjects(
  directory: string,
  bucket: string,
  writtenAt: (key: string) => Date | undefined,
): Promise<void> {
  const file = resolve(join(directory, 'objects.meta'))
  const folder = `/buckets/${bucket}`
  await weedShell(directory, `fs.meta.save -o ${file} ${folder}`)
  const saved = readFileSync(file)
  let last = saved.subarray(0, 0)
  for (let at = 0; at < saved.length;) {
    const end = at + 4 + saved.readUInt32BE(at)
    const message = membersOf(saved, at + 4, end)
    const entry = membersOf(saved, ...spanOf(message, fields.entry))
    const path = [spanOf(message, fields.directory), spanOf(entry, fields.name)]
      .map((span) => saved.toString('utf8', ...span))
      .join('/')
    const time = writtenAt(path.slice(folder.length + 1))
    if (time !== undefined) {
      const attributes = membersOf(saved, ...spanOf(entry, fields.attributes))
      const [start, stop] = spanOf(attributes, fields.modified)
      writeVarint(saved.subarray(start, stop), Math.floor(time.getTime() / 1000))
    }
    last = saved.subarray(at, end)
    at = end
  }
  // Loading ends without waiting for what it does last.
  writeFileSync(file, Buffer.concat([saved, ...Array.from({ length: 64 }, () => last)]))
  await weedShell(directory, `fs.meta.load -v=false -concurrency=8 ${file}`)
}

async function weedShell(directory: string, command: string): Promise<void> {
  const ports = readState(stackPaths(directory).state)?.ports.store ?? {}
  const at = (server: string): string =>
    `127.0.0.1:${portOf(ports, `${server}.port`)}.${portOf(ports, `${server}.port.grpc`)}`
  const child = spawn(
    requireExecutable('weed', 'CLAIMCHECK_STORE_ENDPOINT'),
    ['shell', `-master=${at('master')}`, `-filer=${at('filer')}`],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  child.stdin.end(`${command}\n`)
  const [said, complained, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (exitCode !== 0 || /error/i.test(said)) {
    throw new Error(`weed shell, ${command}: ${said.slice(-500)}${complained.slice(-500)}`)
  }
}

type Span = readonly [start: number, end: number]

/** The members of a protobuf message, by their numbers: where the bytes of each value stand. */
function membersOf(bytes: Buffer, start: number, end: number): Map<number, Span> {
  const members = new Map<number, Span>()
  let at = start
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at] ?? 0
      at += 1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < end) {
    const tag = varint()
    let from = at
    const kind = tag & 7
    if (kind === 0) varint()
    else if (kind === 1) at += 8
    else if (kind === 5) at += 4
    else {
      const length = varint()
      from = at
      at += length
    }
    members.set(Math.floor(tag / 8), [from, at])
  }
  return members
}

function spanOf(members: ReadonlyMap<number, Span>, field: number): Span {
  const span = members.get(field)
  if (span === undefined) throw new Error(`SeaweedFS has saved an entry without its field ${field}`)
  return span
}

/** In as many bytes as were there. */
function writeVarint(bytes: Buffer, value: number): void {
  let rest = value
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = (rest % 128) + (at < bytes.length - 1 ? 128 : 0)
    rest = Math.floor(rest / 128)
  }
}
