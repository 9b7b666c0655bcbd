import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Admit, Admitted } from './admission.ts'
import type { PageCheck } from './auth/page-check.ts'
import { readBody, readClientToken, readCommand } from './bodies.ts'
import type { Books } from './books.ts'
import { hindrances } from './chaos/hindrances.ts'
import { failLate } from './chaos/rule-errors.ts'
import type { Clock } from './clock.ts'
import type { Emit } from './events.ts'
import { echoedHeaders, sessionIdHeader } from './headers.ts'
import { readAddress, readHead, readRoute } from './operation.ts'
import { PlatformError } from './platform-errors.ts'
import { refusalReporter } from './refusals.ts'
import { relay } from './relay.ts'
import type { Sessions } from './sessions.ts'
import { startCallLimit } from './wire/call-limit.ts'
import { readMembers } from './wire/check-members.ts'
import { oauthMetadata } from './wire/oauth-metadata.ts'
import { streamCommand } from './wire/run-command.ts'
import type { Runtime } from './wire/runtime.ts'
import { createStopOnce } from './wire/stop-once.ts'

export interface DataPlaneSetup {
  checkPage: PageCheck
  admit: Admit
  sessions: Sessions
  books: Books
  clock: Clock
  emit: Emit
  runtime: Runtime
  /** Who issues the tokens of this runtime; `undefined`: it takes none. */
  issuer: () => string | undefined
}

/** Speaks the wire: one HTTP request in, one operation, its answer or the platform's error out. */
export function createDataPlane({ checkPage, admit, sessions, books, clock, emit, runtime, issuer }: DataPlaneSetup) {
  const stop = createStopOnce(sessions.stop)
  const report = refusalReporter({ books, emit })

  async function answer(request: IncomingMessage, response: ServerResponse, clientLeft: AbortSignal): Promise<void> {
    const { headers } = request
    checkPage(headers)
    const route = readRoute(readHead(request))
    const body = await readBody(request)
    if (route.name === 'oauth-metadata') {
      // For everybody, but of the runtime that exists.
      readAddress(route, readMembers(headers, route.query), runtime, randomUUID)
      return answerJson(response, 200, oauthMetadata(headers, route, requireIssuer()))
    }
    if (route.name === 'websocket')
      throw new PlatformError('ValidationException', 'The request is no WebSocket handshake.')
    const onSession = (sessionId: string) => response.setHeader(sessionIdHeader, sessionId)
    const requestId = String(response.getHeader('x-amzn-requestid'))
    const call = await admit({ route, headers, body, requestId, onSession }, clientLeft)

    switch (route.name) {
      case 'invoke':
        return pass(call, { headers: call.headers, body }, response, clientLeft)
      case 'agent-card': {
        const path = '/.well-known/agent-card.json'
        return pass(call, { method: 'GET', path, headers: call.headers, body }, response, clientLeft)
      }
      case 'stop':
        await stop(call.address, readClientToken(body))
        if (call.faults.late) await failLate(call.faults.late, clock, clientLeft)
        return answerStop(call, response, clientLeft)
      case 'command':
        for (const [name, value] of Object.entries(echoedHeaders(headers))) response.setHeader(name, String(value))
        return command(call, body, response, clientLeft)
      default:
        route.name satisfies never
    }
  }

  async function answerStop({ faults }: Admitted, response: ServerResponse, clientLeft: AbortSignal): Promise<void> {
    const inTheWay = hindrances(faults, clock, clientLeft)
    if (inTheWay.length === 0) return answerJson(response, 200, {})
    response.writeHead(200, { 'content-type': 'application/json' })
    await pipeline([Readable.from([Buffer.from('{}')]), ...inTheWay, response])
  }

  async function pass(
    { address, faults }: Admitted,
    agentCall: Parameters<Sessions['invoke']>[1],
    response: ServerResponse,
    clientLeft: AbortSignal,
  ): Promise<void> {
    const limit = startCallLimit(clock, clientLeft)
    try {
      const answer = await sessions.invoke(address, agentCall, limit.signal)
      if (answer.headers['content-type']?.startsWith('text/event-stream')) limit.stream()
      await relay(answer, { response, faults, clock, clientLeft })
    } catch (error) {
      limit.check()
      throw error
    } finally {
      limit.stop()
    }
  }

  async function command(
    { address, faults }: Admitted,
    body: Buffer,
    response: ServerResponse,
    clientLeft: AbortSignal,
  ): Promise<void> {
    const { command: line, timeoutMs } = readCommand(body)
    const vm = await sessions.enter(address, clientLeft)
    const flight = vm.begin(clientLeft)
    try {
      const run = vm.machine?.run?.(line)
      if (!run) throw new PlatformError('RuntimeClientError', 'A simulated agent has no shell to run a command in.')
      emit({ type: 'command-started', ...vm.identity })
      await streamCommand({ run, timeoutMs, response, clock, faults, signal: flight.signal })
    } finally {
      flight.land()
    }
  }

  function requireIssuer(): string {
    const found = issuer()
    if (found === undefined)
      throw new PlatformError('ResourceNotFoundException', 'The agent is not configured for OAuth.')
    return found
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const client = new AbortController()
    response.once('close', () => client.abort())
    response.setHeader('x-amzn-requestid', randomUUID())
    try {
      await answer(request, response, client.signal)
    } catch (error) {
      if (client.signal.aborted || request.errored) return
      if (response.headersSent) return void response.destroy()
      const failure = report(error, response.getHeader(sessionIdHeader) as string | undefined)
      if (!failure) return void request.socket.resetAndDestroy()
      for (const [name, value] of Object.entries(failure.headers)) response.setHeader(name, value)
      answerJson(response, failure.status, { message: failure.message })
    }
  }
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
