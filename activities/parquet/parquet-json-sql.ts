import { identifier, literal } from '../conversion/sql-text.ts'
import { leafJsonSql } from './parquet-text-sql.ts'
import type { ShapeMember, ValueShape } from './value-shape.ts'

/**
 * A value as the text of JSON with all its digits; NULL where it is NULL. A map is an object where its
 * keys are texts that differ, else an array of `{"key": …, "value": …}`.
 */
export function jsonSql(value: string, shape: ValueShape, depth = 0): string {
  switch (shape.kind) {
    case 'leaf':
      return leafJsonSql(value, shape.form, shape.type)
    case 'struct': {
      const members = shape.members.map(
        (member) =>
          `${literal(`${JSON.stringify(member.name)}:`)} || ${memberSql(value, member, depth)}`,
      )
      const object = `'{' || ${members.join(` || ',' || `)} || '}'`
      return `CASE WHEN ${value} IS NOT NULL THEN ${object} END`
    }
    case 'list': {
      const element = `x${depth}`
      const shown = `coalesce(${jsonSql(element, shape.element, depth + 1)}, 'null')`
      return joinedSql(value, element, shown, '[]')
    }
    case 'map': {
      const entry = `x${depth}`
      const { key, value: mapped } = shape
      const shownValue = memberSql(entry, mapped, depth + 1)
      const pairs = `'{"key":' || ${memberSql(entry, key, depth + 1)} || ',"value":' || ${shownValue} || '}'`
      const asArray = joinedSql(value, entry, pairs, '[]')
      if (!isText(key.shape)) return asArray
      const members = `${memberSql(entry, key, depth + 1)} || ':' || ${shownValue}`
      const keys = `list_transform(${value}, lambda ${entry}: ${entry}.${identifier(key.column)})`
      return `CASE WHEN list_unique(${keys}) = len(${value}) THEN ${joinedSql(value, entry, members, '{}')} ELSE ${asArray} END`
    }
  }
}

function memberSql(value: string, { column, shape }: ShapeMember, depth: number): string {
  return `coalesce(${jsonSql(`${value}.${identifier(column)}`, shape, depth)}, 'null')`
}

function isText(shape: ValueShape): boolean {
  return (
    shape.kind === 'leaf' && (shape.form.kind === 'text' || shape.form.kind === 'unchecked-text')
  )
}

function joinedSql(
  list: string,
  element: string,
  shown: string,
  [open = '', close = '']: string,
): string {
  const texts = `list_transform(${list}, lambda ${element}: ${shown})`
  return `'${open}' || array_to_string(${texts}, ',') || '${close}'`
}
