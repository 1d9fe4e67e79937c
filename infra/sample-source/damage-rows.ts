import { z } from 'zod'
import type { Damage } from './fault-injector.ts'
import type { RowRun } from './row-run.ts'
import type { RowFormat, RowTable } from './row-table.ts'

const record = z.record(z.string(), z.unknown())

/** The rows `[from, to)` of a table with some of them damaged. */
export async function damageRows(
  table: RowTable,
  format: RowFormat,
  { from, to, damages }: { from: number; to: number; damages: readonly Damage[] },
): Promise<RowRun[]> {
  const runs: RowRun[] = []
  let at = from
  for (const row of [...new Set(damages.map((damage) => damage.row))].toSorted((a, b) => a - b)) {
    runs.push(...(await table.rows(format, at, row)))
    let line = await readLine(table, format, row)
    for (const damage of damages) {
      if (damage.row !== row) continue
      line = format === 'csv' ? damageCsv(line, damage, table.csvHeader) : damageJson(line, damage)
    }
    runs.push(lineRun(Buffer.from(`${line}\n`)))
    at = row + 1
  }
  runs.push(...(await table.rows(format, at, to)))
  return runs
}

async function readLine(table: RowTable, format: RowFormat, row: number): Promise<string> {
  const chunks: Buffer[] = []
  for (const run of await table.rows(format, row, row + 1)) {
    for await (const chunk of run.stream()) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString().trimEnd()
}

function damageJson(line: string, { column, value }: Damage): string {
  return JSON.stringify({ ...record.parse(JSON.parse(line)), [column]: value })
}

function damageCsv(line: string, { column, value }: Damage, header: string): string {
  const place = header.trimEnd().split(',').indexOf(column)
  if (place === -1) return line
  const fields = line.match(/(?:"(?:[^"]|"")*"|[^,]*)(?:,|$)/g)?.map((f) => f.replace(/,$/, ''))
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const field = /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  return (fields ?? []).slice(0, header.split(',').length).with(place, field).join(',')
}

function lineRun(line: Buffer): RowRun {
  return {
    byteLength: line.length,
    async read(target, at) {
      line.copy(target, at)
    },
    joinWith(byte, target, at) {
      target[at + line.length - 1] = byte
    },
    async *stream() {
      yield line
    },
  }
}
