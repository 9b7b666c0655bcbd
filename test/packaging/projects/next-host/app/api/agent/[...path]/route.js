import { toNextHandlers } from '@warm-agent/proxy/next'

/** What belongs to one connection, and is not passed on to the next. */
const hopByHop = ['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'expect']

/** The tests answer, in a process of their own; here are only Next.js and the adapter. */
async function handle(request) {
  const { method, url, body, signal } = request
  const headers = new Headers(request.headers)
  for (const name of hopByHop) headers.delete(name)
  headers.set('x-handled-url', url)
  const init = { method, headers, body, signal, duplex: 'half', cache: 'no-store', redirect: 'manual' }
  const answer = await fetch(process.env.HANDLER_URL, init)
  return new Response(answer.body, answer)
}

export const { GET, POST, OPTIONS } = toNextHandlers(handle)
