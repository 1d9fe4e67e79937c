const day = '\\d{4}-\\d{2}-\\d{2}'
const seconds = ':[0-5]\\d([.]\\d{1,6}0*)?'
const clock = '([01]\\d|2[0-3]):[0-5]\\d'
const offset = '(Z|[+-](0\\d|1[0-4])(:?[0-5]\\d)?)'

/** The forms that `value-kind.ts` tells types by, for the whole of a text. */
export const sqlPatterns = {
  number: '-?(0|[1-9]\\d*)([.]\\d+)?([eE][+-]?\\d{1,3})?',
  date: day,
  timestamp: `${day}([T ]${clock}(${seconds})?)?`,
  timestamptz: `${day}[T ]${clock}${seconds}${offset}`,
} as const
