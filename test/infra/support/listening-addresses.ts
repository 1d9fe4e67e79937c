import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The TCP addresses that the process listens on, as `127.0.0.1:7233`; Linux only. */
export function listeningAddresses(pid: number): string[] {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(pid, fd)))
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === listenState && sockets.has(`socket:[${fields[9]}]`))
      .map((fields) => toText(fields[1] ?? '')),
  )
}

const listenState = '0A'

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return ''
  }
}

/** Four bytes are written backwards; any longer address is shown as it stands. */
function toText(local: string): string {
  const [address = '', port = ''] = local.split(':')
  const bytes = Buffer.from(address, 'hex').toReversed()
  return `${address.length === 8 ? bytes.join('.') : address}:${Number.parseInt(port, 16)}`
}
