import type { IncomingMessage, ServerResponse } from 'node:http'
import { toNodeHandler } from '../node.ts'

/** What Express knows of a request beyond Node: whom it trusts to tell how the page reached it. */
type ExpressRequest = IncomingMessage & { protocol?: string; host?: string; originalUrl?: string }

/**
 * Serves a Fetch handler from Express 4 or 5, at the root or under a mount path, with or without a body parser in front.
 * The scheme and the host are those that `app.set('trust proxy', …)` makes Express believe in.
 *
 * @example app.use('/api/agent', toExpressHandler(proxy.fetch))
 */
export function toExpressHandler(
  handle: (request: Request) => Promise<Response>,
): (incoming: ExpressRequest, outgoing: ServerResponse, next: (error?: unknown) => void) => void {
  const serve = toNodeHandler(
    handle,
    ({ protocol, host }: ExpressRequest) => protocol && host && `${protocol}://${host}`,
  )
  return (incoming, outgoing, next) => void serve(incoming, outgoing).catch(next)
}
