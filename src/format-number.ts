const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1536` as `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let power = 0
  // As it is rounded: what is almost 1024 KiB is 1.0 MiB.
  while (Math.round(value) >= 1024 && power < units.length - 1) {
    value /= 1024
    power += 1
  }
  return `${power === 0 ? value : value.toFixed(value < 9.95 ? 1 : 0)} ${units[power]}`
}

/** `1 object`, `1,234 objects`. */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `1234567` as `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}
