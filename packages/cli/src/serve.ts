import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { listen } from './listen.ts'
import { onEnd } from './on-end.ts'

/** Orchestrators kill 30 s after SIGTERM. */
const endMs = 28_000
/** How long answers may go on after it: stopping the sessions takes up to 10 s. */
const drainMs = endMs - 10_000
/** A request may be on its way on a connection that was just opened. Milliseconds. */
const unusedMs = 1_000
/** Longer than the 60 s of most load balancers, so that they never reuse a connection that is just being closed. */
const keepAliveMs = 65_000

interface Drain {
  /** No more requests are taken. */
  begun(): void
  /** The answers have ended, or were cut. @param leftMs How long this may take, in milliseconds: 10 s at least. */
  done(leftMs: number): Promise<void>
}

/**
 * Listens. At a signal it drains: no new connections, answers go on for a while, then `done`. At a second signal it ends at
 * once.
 *
 * @throws UsageError when the port cannot be had.
 */
export async function serve(
  listener: RequestListener,
  { port, host }: { port: number; host: string },
  { begun, done }: Drain,
): Promise<URL> {
  let isDraining = false
  /** Opened ahead of need, by browsers and load balancers. Node does not count them as idle. */
  const unused = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    unused.delete(incoming.socket)
    // While draining: an idle connection that is kept alive would keep the process up.
    outgoing.once('close', () => isDraining && setImmediate(() => server.closeIdleConnections()))
    listener(incoming, outgoing)
  })
  server.keepAliveTimeout = keepAliveMs
  server.on('connection', socket => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  const url = await listen(server, { port, host }, 'PORT (or --port) or HOST (or --host)')
  const drain = async () => {
    const endsAtMs = performance.now() + endMs
    setTimeout(() => server.closeAllConnections(), drainMs).unref()
    isDraining = true
    begun()
    server.close()
    setTimeout(() => {
      // On the others a request has begun.
      for (const socket of unused) if (socket.bytesRead === 0) socket.destroy()
    }, unusedMs).unref()
    await once(server, 'close')
    await done(endsAtMs - performance.now())
    process.exit(0)
  }
  onEnd(drain, () => process.exit(1))
  return url
}
