import { once } from 'node:events'
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'

/** As much of `fetch` as the cases of the hosts use: Node's own speaks HTTP/2 only over TLS. */
export function http2Fetch(session: ClientHttp2Session): typeof fetch {
  return async (input, init) => {
    const request = new Request(input as string, { duplex: 'half', ...init } as RequestInit)
    const { pathname, search } = new URL(request.url)
    const body = Buffer.from(await request.arrayBuffer())
    const pseudo = { ':method': request.method, ':path': pathname + search }
    const stream = session.request({ ...pseudo, ...Object.fromEntries(request.headers) }, { endStream: false })
    stream.end(body)
    const [answered] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
    const headers = new Headers()
    for (const [name, value] of Object.entries(answered)) {
      if (!name.startsWith(':')) for (const each of [value ?? ''].flat()) headers.append(name, `${each}`)
    }
    const status = answered[':status']
    return new Response(status === 204 ? null : (Readable.toWeb(stream) as ReadableStream), { status, headers })
  }
}
