const mostDigits = 17
/** As PostgreSQL's `float8out` chooses between `0.0001` and `1e-05`, `100000000000000` and `1e+15`. */
const leastPlainExponent = -4
const endOfPlainExponents = 15

/**
 * A double as PostgreSQL writes it: the fewest digits that lie strictly between the middles to its
 * neighbours. JavaScript takes a middle itself too, where reading rounds to even: 1e23.
 */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  if (size === Infinity) return `${sign}Infinity`
  if (size === 0) return `${sign}0`
  const { digits, exponent } = shortest(size)
  return `${sign}${laidOut(digits, exponent)}`
}

interface Decimal {
  /** Without zeros at the end. */
  readonly digits: string
  /** Of the first digit, as in `d.ddd × 10^exponent`. */
  readonly exponent: number
}

function shortest(size: number): Decimal {
  const around = middlesAround(size)
  const first = decimalOf(size.toExponential())
  for (let count = first.digits.length; count < mostDigits; count += 1) {
    const nearest = decimalOf(size.toExponential(count - 1), count)
    const above = { ...nearest, digits: String(BigInt(nearest.digits) + 1n) }
    const found = [nearest, above].find(
      (decimal) => decimal.digits.length === count && isBetween(decimal, around),
    )
    if (found !== undefined) return { ...found, digits: found.digits.replace(/0+$/, '') }
  }
  return decimalOf(size.toExponential(mostDigits - 1))
}

function decimalOf(text: string, count?: number): Decimal {
  const [mantissa = '', exponent = ''] = text.split('e')
  const digits = mantissa.replace('.', '')
  const kept = count === undefined ? digits.replace(/0+$/, '') : digits.padEnd(count, '0')
  return { digits: kept, exponent: Number(exponent) }
}

/** In units of `2^power`. */
interface Middles {
  readonly below: bigint
  readonly above: bigint
  readonly power: number
}

const fractionBits = 52
const leastPower = -1074

function middlesAround(size: number): Middles {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, size)
  const bits = view.getBigUint64(0)
  const biased = Number(bits >> BigInt(fractionBits))
  const fraction = bits & ((1n << BigInt(fractionBits)) - 1n)
  const mantissa = biased === 0 ? fraction : fraction | (1n << BigInt(fractionBits))
  const power = biased === 0 ? leastPower : biased - 1075
  // The numbers below a power of two stand closer together.
  const isPowerOfTwo = fraction === 0n && biased > 1
  return {
    below: 4n * mantissa - (isPowerOfTwo ? 1n : 2n),
    above: 4n * mantissa + 2n,
    power: power - 2,
  }
}

function isBetween({ digits, exponent }: Decimal, { below, above, power }: Middles): boolean {
  const tens = exponent - (digits.length - 1)
  const decimal =
    BigInt(digits) * 10n ** BigInt(Math.max(tens, 0)) * 2n ** BigInt(Math.max(-power, 0))
  const scale = 10n ** BigInt(Math.max(-tens, 0)) * 2n ** BigInt(Math.max(power, 0))
  return decimal > below * scale && decimal < above * scale
}

function laidOut(digits: string, exponent: number): string {
  if (exponent < leastPlainExponent || exponent >= endOfPlainExponents) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    const size = String(Math.abs(exponent)).padStart(2, '0')
    return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return fraction === '' ? whole : `${whole}.${fraction}`
}
