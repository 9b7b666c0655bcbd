import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { toExpressHandler } from '@warm-agent/proxy/express'
import { toFastifyPlugin } from '@warm-agent/proxy/fastify'
import { toLambdaHandler } from '@warm-agent/proxy/lambda'
import { toNextHandlers } from '@warm-agent/proxy/next'
import { toNodeHandler } from '@warm-agent/proxy/node'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { serve as serveSrvx } from 'srvx'
import { createServer as createViteServer } from 'vite'
import { http2Fetch } from './http2-fetch.ts'

export type Handle = (request: Request) => Promise<Response>

/** A host that serves a Fetch handler below /api/agent, as its users set it up. */
export interface Host {
  name: string
  /** Whether it hears that a client has left. */
  hearsLeaving: boolean
  /** Whether something in front reads JSON first and writes it anew. */
  parsesJson: boolean
  start(handle: Handle, remainingMs?: number): Promise<{ origin: string; fetch: typeof fetch; close(): unknown }>
}

export async function listen(listener: RequestListener, onClose: () => unknown = () => {}) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
    return onClose()
  }
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, fetch, close }
}

function serve(name: string, start: Host['start'], more: Partial<Host> = {}): Host {
  return { name, start, hearsLeaving: true, parsesJson: false, ...more }
}

export const hosts: Host[] = [
  serve('node:http', handle => listen(toNodeHandler(handle))),
  serve('node:http2', async handle => {
    const server = createHttp2Server(toNodeHandler(handle)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const session = connect(origin)
    const close = () => {
      session.destroy()
      server.close()
    }
    return { origin, fetch: http2Fetch(session), close }
  }),
  serve('Express', handle => listen(express().use(toExpressHandler(handle)))),
  serve('Express under a mount path', handle => listen(express().use('/api/agent', toExpressHandler(handle)))),
  serve(
    'Express behind body parsers',
    handle => {
      const parsers = [express.json({ limit: '20mb' }), express.urlencoded({ extended: true }), express.text()]
      const app = express().use(...parsers, express.raw({ limit: '20mb' }))
      return listen(app.use('/api', express.Router().use('/agent', toExpressHandler(handle))))
    },
    { parsesJson: true },
  ),
  serve('Fastify', async handle => {
    const app = Fastify({ forceCloseConnections: true })
    await app.register(toFastifyPlugin(handle), { prefix: '/api/agent' })
    return { origin: await app.listen({ port: 0, host: '127.0.0.1' }), fetch, close: () => app.close() }
  }),
  serve('Hono', handle => {
    const app = new Hono().all('/api/agent/*', context => handle(context.req.raw))
    return listen(getRequestListener(app.fetch))
  }),
  serve('srvx, on which h3 and Nitro stand', async handle => {
    const server = serveSrvx({ fetch: handle, port: 0, hostname: '127.0.0.1', silent: true, gracefulShutdown: false })
    await server.ready()
    return { origin: String(server.url).replace(/\/$/, ''), fetch, close: () => server.close(true) }
  }),
  serve('route handlers of Next.js, as it calls them', handle => {
    const handlers: Record<string, Handle> = { ...toNextHandlers(handle) }
    // As Next.js does, the URL is given the server's own name.
    return listen(
      toNodeHandler(
        async request => handlers[request.method]?.(request) ?? new Response(null, { status: 405 }),
        () => 'http://localhost:3000',
      ),
    )
  }),
  serve('Vite', async handle => {
    const vite = await createViteServer({
      configFile: false,
      logLevel: 'silent',
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      appType: 'custom',
      optimizeDeps: { noDiscovery: true },
    })
    vite.middlewares.use('/api/agent', (incoming, outgoing, next) => {
      toNodeHandler(handle)(incoming, outgoing).catch(next)
    })
    return listen(vite.middlewares, () => vite.close())
  }),
  serve('Lambda function URL', startLambda, { hearsLeaving: false }),
  serve('a Workers-style fetch', async handle => ({
    origin: 'https://chat.test',
    fetch: async (url, init) => handle(new Request(url, { duplex: 'half', ...init } as RequestInit)),
    close() {},
  })),
]

/** Lambda sends status and headers with the first write, and never without one. */
function onFirstWrite(stream: Writable, begin: () => void): void {
  const { write } = stream
  stream.write = (...chunk: never[]) => {
    stream.write = write
    begin()
    return Reflect.apply(write, stream, chunk)
  }
}

/** Lambda's side of response streaming, by aws-lambda-nodejs-runtime-interface-client. */
async function startLambda(handle: Handle, remainingMs = 60_000): ReturnType<Host['start']> {
  type WithPrelude = Writable & { prelude?: object }
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: unknown) => handler,
      HttpResponseStream: {
        from(stream: WithPrelude, prelude: object) {
          onFirstWrite(stream, () => Object.assign(stream, { prelude: JSON.parse(JSON.stringify(prelude)) }))
          return stream
        },
      },
    },
  })
  const handler = toLambdaHandler(handle)
  return {
    origin: 'https://abc.lambda-url.us-east-1.on.aws',
    close: () => Reflect.deleteProperty(globalThis, 'awslambda'),
    async fetch(input, init) {
      const { method, headers, url, ...request } = await describe(
        new Request(input as string, { duplex: 'half', ...init } as RequestInit),
      )
      const { pathname, search, host } = new URL(url)
      const stream: WithPrelude = new PassThrough()
      const begun = new Promise<void>(resolve => onFirstWrite(stream, resolve))
      const { cookie, ...others } = headers
      const running = handler(
        {
          rawPath: pathname,
          rawQueryString: search.slice(1),
          headers: others,
          ...(cookie && { cookies: cookie.split('; ') }),
          body: request.body,
          isBase64Encoded: true,
          requestContext: { domainName: host, http: { method } },
        },
        stream,
        { getRemainingTimeInMillis: () => remainingMs },
      )
      running.catch(error => stream.destroy(error))
      await Promise.race([begun, running])
      const {
        statusCode,
        headers: answered,
        cookies,
      } = stream.prelude as {
        statusCode: number
        headers: Record<string, string>
        cookies: string[]
      }
      const all = [...Object.entries(answered), ...cookies.map((each): [string, string] => ['set-cookie', each])]
      const hasBody = statusCode !== 204
      return new Response(hasBody ? (Readable.toWeb(stream as PassThrough) as ReadableStream) : null, {
        status: statusCode,
        headers: all,
      })
    },
  }
}

async function describe(request: Request) {
  const { method, url } = request
  const headers: Record<string, string> = Object.fromEntries(request.headers)
  return { method, url, headers, body: Buffer.from(await request.arrayBuffer()).toString('base64') }
}
