/** @returns a parsed body as it is sent on, written again in this content type. */
export function serialize(body: unknown, type: string): string | Uint8Array {
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  const fields = isForm(type) && fieldsOf(body)
  return fields ? `${new URLSearchParams(fields)}` : JSON.stringify(body)
}

/**
 * @returns the content type that it is sent on with: JSON for a form with nested fields or in parts, which cannot be written
 *   as it was. What a parser has decoded is sent on as UTF-8.
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
