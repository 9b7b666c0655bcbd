/** Who asks, as the application's own authentication names them. */
export interface Caller {
  /** Stable and unique for one user; tickets are bound to it. Never sent to the browser. */
  callerId: string
  /** Headers for the answer, for example a cookie that was just made. */
  responseHeaders?: Readonly<Record<string, string>>
}

/**
 * Names the caller of a request, from its cookies or headers. `null` or `undefined` refuses it with 401; a `Response`
 * refuses it with that. Must not read the body.
 */
export type Authorize = (
  request: Request,
) => Caller | Response | null | undefined | Promise<Caller | Response | null | undefined>
