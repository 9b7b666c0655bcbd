import type { Readable } from 'node:stream'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { toAgentAnswer } from './agent-answer.ts'
import { asFailure, failureOfStatus } from './failures.ts'
import { headersFromAgent, headersToAgent } from './headers.ts'
import type { PlatformCalls, Target } from './platform-calls.ts'

export type HttpRequest = Parameters<NodeHttpHandler['handle']>[0]

interface HttpsCallsSetup {
  /** Where the data plane is. */
  base: () => URL | Promise<URL>
  isMcp: boolean
  /** Gives the sockets for a message, or for a short call. */
  handlers: (isMessage: boolean) => NodeHttpHandler
  /** Adds to the request what the platform knows its caller by. */
  authorize(request: HttpRequest, bearer: string | undefined): Promise<HttpRequest>
  /** Hears the status and headers of every answer. */
  onAnswer?: (status: number, headers: Readonly<Record<string, string>>) => void
}

interface Post extends Pick<HttpRequest, 'headers' | 'body'> {
  operation: 'invocations' | 'stopruntimesession'
  isMessage: boolean
  signal: AbortSignal | undefined
  bearer: string | undefined
}

interface HttpAnswer {
  statusCode: number
  headers: Record<string, string>
  body: Readable
}

/** The platform's calls by plain HTTPS. Each is one attempt. */
export function createHttpsCalls({ base, isMcp, handlers, authorize, onAnswer }: HttpsCallsSetup): PlatformCalls {
  async function post(
    { arn, qualifier, sessionId }: Target,
    { operation, isMessage, headers, body, signal, bearer }: Post,
  ): Promise<HttpAnswer> {
    try {
      const { protocol, hostname, host, port, pathname } = await base()
      const request = {
        protocol,
        hostname,
        ...(port && { port: Number(port) }),
        path: `${pathname.replace(/\/$/, '')}/runtimes/${encodeURIComponent(arn)}/${operation}`,
        query: { qualifier },
        method: 'POST',
        headers: { ...headers, host, [sessionHeader]: sessionId },
        body,
      } as unknown as HttpRequest
      const authorized = await authorize(request, bearer)
      const { response } = await handlers(isMessage).handle(authorized, signal ? { abortSignal: signal } : {})
      const answer = response as HttpAnswer
      onAnswer?.(answer.statusCode, answer.headers)
      if (answer.statusCode < 300) return answer
      throw failureOfStatus(answer.statusCode, await words(answer), answer.headers)
    } catch (error) {
      throw asFailure(error)
    }
  }

  return {
    async invoke(target, { body, contentType, accept, headers, isWarmUp = false }, signal, bearer) {
      const { sessionId } = target
      const answer = await post(target, {
        operation: 'invocations',
        isMessage: !isWarmUp,
        headers: {
          ...headersToAgent(headers, isMcp, sessionId),
          'content-type': contentType,
          'content-length': `${body.byteLength}`,
          accept,
        },
        body,
        signal,
        bearer,
      })
      return toAgentAnswer(answer.body, {
        status: answer.statusCode,
        contentType: answer.headers['content-type'],
        headers: headersFromAgent(answer.headers, sessionId),
      })
    },

    async stop(target, signal, bearer) {
      const headers = { 'content-length': '0' }
      const stopping = {
        operation: 'stopruntimesession',
        isMessage: false,
        headers,
        body: undefined,
        signal,
        bearer,
      } as const
      const { body } = await post(target, stopping)
      body.resume()
    },
  }
}

const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id'

/** What the platform says of an error, as far as a log needs it. */
async function words({ headers, body }: HttpAnswer): Promise<string> {
  const type = headers['x-amzn-errortype']?.split(':')[0] ?? 'Error'
  let text = ''
  for await (const chunk of body) {
    text += chunk
    // Leaving the loop closes the socket.
    if (text.length > longestWords) break
  }
  return `${type}: ${messageOf(text).slice(0, longestWords)}`
}

const longestWords = 2_000

function messageOf(text: string): string {
  try {
    const { message, Message } = JSON.parse(text)
    return String(message ?? Message ?? text)
  } catch {
    // An AG-UI runtime tells its errors as events.
    return text.trim()
  }
}
