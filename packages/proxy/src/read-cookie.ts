/** @returns name and value of each cookie that is wanted, as they were sent. */
export function readCookies(request: Request, isWanted: (name: string) => boolean): [name: string, value: string][] {
  return (request.headers.get('cookie') ?? '').split(';').flatMap(pair => {
    // Not `trim`: browsers let anybody set a cookie whose name begins with another space and then `__Host-`.
    const [name = '', value = ''] = pair.replace(/^[ \t]+/, '').split('=', 2)
    return isWanted(name) ? [[name, value.trim()]] : []
  })
}

/** @returns the value of a cookie, as it was sent. */
export function readCookie(request: Request, name: string): string | undefined {
  return readCookies(request, each => each === name)[0]?.[1]
}
