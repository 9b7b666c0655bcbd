/** @returns what a body parser has made of a body of this type, as it is sent on. */
export function serialize(body: unknown, type: string): string | Uint8Array {
  if (body === undefined) return ''
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  const fields = isForm(type) && fieldsOf(body)
  return fields ? `${new URLSearchParams(fields)}` : JSON.stringify(body)
}

/**
 * @returns the type of that: there is no one way back from a form with nested fields, and none from one in parts. What a
 *   parser has decoded is sent on as UTF-8.
 */
export function typeOf(body: unknown, type: string): string {
  const isParsed = typeof body === 'object' && !(body instanceof Uint8Array)
  const isLost = isForm(type) ? !fieldsOf(body) : /^multipart\/form-data\b/i.test(type)
  if (isParsed && isLost) return 'application/json'
  const isDecoded = isParsed || typeof body === 'string'
  return isDecoded ? type.replace(/(;\s*charset=)("[^"]*"|[^;]*)/i, '$1utf-8') : type
}

function isForm(type: string): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(type)
}

function fieldsOf(form: unknown): string[][] | undefined {
  const fields = Object.entries(form ?? {}).flatMap(([name, value]) => [value].flat().map(each => [name, each]))
  return fields.every(([, value]) => typeof value === 'string') ? fields : undefined
}
