import type { ZodError } from 'zod'

/**
 * @param secrets Options whose values are never shown. Where there are any, neither is that of an unknown option, which may
 *   be one of them misspelt.
 * @returns which option is unknown or makes no sense, its value, and why: `option beatMs is 0: …`.
 */
export function explainRefusal(error: ZodError, options: unknown, secrets: readonly string[] = []): string {
  const [issue] = error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...(issue?.path ?? []), ...unknown]
  const value = path.reduce((from: unknown, key) => (from as Record<PropertyKey, unknown> | undefined)?.[key], options)
  const isHidden = secrets.includes(String(path[0])) || (secrets.length > 0 && unknown.length > 0)
  if (path.length === 0) return `the options are ${showValue(value)}: ${issue?.message}`
  return `option ${path.join('.')}${isHidden ? '' : ` is ${showValue(value)}`}: ${issue?.message}`
}

/** A value for an error's message. What is inside an object may be secret. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}
