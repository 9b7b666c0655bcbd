import type { FunctionUrlEvent } from './lambda-runtime.ts'

/** @returns the request, or `undefined` when its path, method or headers are not valid. */
export function toRequest(event: FunctionUrlEvent, signal: AbortSignal): Request | undefined {
  try {
    const { rawPath, rawQueryString, requestContext, cookies, body, isBase64Encoded } = event
    const { domainName, http } = requestContext
    const hasBody = body && http.method !== 'GET' && http.method !== 'HEAD'
    // Anything else would go on with the host's name.
    if (!rawPath.startsWith('/')) return undefined
    const headers = new Headers()
    for (const [name, value] of Object.entries(event.headers)) if (value !== undefined) headers.set(name, value)
    if (cookies?.length) headers.set('cookie', cookies.join('; '))
    return new Request(`https://${domainName}${rawPath}${rawQueryString && `?${rawQueryString}`}`, {
      method: http.method,
      headers,
      signal,
      ...(hasBody && { body: isBase64Encoded ? Buffer.from(body, 'base64') : body }),
    })
  } catch {
    return undefined
  }
}
