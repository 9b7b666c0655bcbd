import type { IncomingMessage, ServerResponse } from 'node:http'
import { toNodeHandler } from '../node.ts'

/** What is used of a Fastify instance, in its own words. */
interface UsedOfFastify {
  removeAllContentTypeParsers(): void
  addContentTypeParser(type: string, parse: (request: never, payload: never, done: (error: null) => void) => void): void
  all(
    path: string,
    handle: (request: { raw: IncomingMessage; protocol: string; host: string }, reply: FastifyReplyLike) => unknown,
  ): void
}

/** The same with looser types: Fastify's overloads fit no stricter ones. */
type FastifyLike = { [Name in keyof UsedOfFastify]: (...words: never[]) => unknown }

interface FastifyReplyLike {
  raw: ServerResponse
  getHeaders(): Record<string, number | string | string[] | undefined>
  hijack(): unknown
}

/**
 * Serves a Fetch handler from Fastify 5, as a plugin: its prefix is the proxy's base path. Within the plugin no body is
 * parsed; outside of it nothing changes. Headers that hooks have put on the reply are sent too.
 *
 * @note The answer is streamed past Fastify, so `onSend` hooks do not run: what they would add is not sent.
 * @example await app.register(toFastifyPlugin(proxy.fetch), { prefix: '/api/agent' })
 */
export function toFastifyPlugin(
  handle: (request: Request) => Promise<Response>,
): (instance: FastifyLike) => Promise<void> {
  return async given => {
    const instance = given as unknown as UsedOfFastify
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', (_request, _payload, done) => done(null))
    instance.all('/*', (request, reply) => {
      for (const [name, value = ''] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value)
      reply.hijack()
      // Fastify knows, by its option `trustProxy`, how the page reached it.
      return toNodeHandler(handle, () => `${request.protocol}://${request.host}`)(request.raw, reply.raw)
    })
  }
}
