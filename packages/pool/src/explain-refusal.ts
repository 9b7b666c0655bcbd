import type { ZodError } from 'zod'

/** @returns which option is unknown or makes no sense, its value, and why: `option beatMs is 0: …`. */
export function explainRefusal(error: ZodError, options: unknown): string {
  const [issue] = error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...(issue?.path ?? []), ...unknown]
  const value = path.reduce((from: unknown, key) => (from as Record<PropertyKey, unknown> | undefined)?.[key], options)
  const what = path.length > 0 ? `option ${path.join('.')} is` : 'the options are'
  return `${what} ${showValue(value)}: ${issue?.message}`
}

/** A value for an error's message. What is inside an object may be secret. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}
