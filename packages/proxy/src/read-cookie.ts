/** @returns name and value of each cookie that is wanted, as they were sent. */
export function readCookies(request: Request, isWanted: (name: string) => boolean): [name: string, value: string][] {
  return (request.headers.get('cookie') ?? '').split(';').flatMap(pair => {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    return isWanted(name) ? [[name, value]] : []
  })
}

/** @returns the value of a cookie, as it was sent. */
export function readCookie(request: Request, name: string): string | undefined {
  return readCookies(request, each => each === name)[0]?.[1]
}
