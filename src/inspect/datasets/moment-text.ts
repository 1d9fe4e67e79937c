const dayMicros = 86_400_000_000n
const secondMicros = 1_000_000n

/** What DuckDB, whose vectors these are, has for infinity. */
const infiniteDays = 2 ** 31 - 1
const infiniteMicros = 2n ** 63n - 1n

/** @param days Since 1970-01-01. */
export function dateText(days: number): string {
  if (days === infiniteDays) return 'infinity'
  if (days === -infiniteDays) return '-infinity'
  const { text, era } = dayText(days)
  return `${text}${era}`
}

/**
 * @param micros Since 1970-01-01 00:00.
 * @param zone What stands behind the time: `+00`, or nothing.
 */
export function timestampText(micros: bigint, zone: '+00' | ''): string {
  if (micros === infiniteMicros) return 'infinity'
  if (micros === -infiniteMicros) return '-infinity'
  const ofDay = ((micros % dayMicros) + dayMicros) % dayMicros
  const { text, era } = dayText(Number((micros - ofDay) / dayMicros))
  return `${text} ${timeText(ofDay)}${zone}${era}`
}

/** @param micros Since midnight; 24:00 is one of them. */
export function timeText(micros: bigint): string {
  const seconds = Number(micros / secondMicros)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const text = clock.map((part) => String(part).padStart(2, '0')).join(':')
  const fraction = String(micros % secondMicros)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return fraction === '' ? text : `${text}.${fraction}`
}

const daysOfEra = 146_097
/** From 0000-03-01 to 1970-01-01. */
const epochDays = 719_468

/** The Gregorian calendar, counted from a first of March so that leap days come last. */
function dayText(days: number): { readonly text: string; readonly era: '' | ' BC' } {
  const shifted = days + epochDays
  const era = Math.floor(shifted / daysOfEra)
  const ofEra = shifted - era * daysOfEra
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  )
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  // There is no year 0: before 1 comes 1 BC.
  const shown = year > 0 ? year : 1 - year
  const [ofMonth = '', ofDay = ''] = [month, day].map((part) => String(part).padStart(2, '0'))
  return {
    text: `${String(shown).padStart(4, '0')}-${ofMonth}-${ofDay}`,
    era: year > 0 ? '' : ' BC',
  }
}
