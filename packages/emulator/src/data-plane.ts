import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkStopBody, readBody } from './bodies.ts'
import type { Books } from './books.ts'
import type { Clock } from './clock.ts'
import type { Emit } from './events.ts'
import { headersForAgent, sessionIdHeader } from './headers.ts'
import { readOperation } from './operation.ts'
import { PlatformError } from './platform-errors.ts'
import { relay } from './relay.ts'
import type { Sessions } from './sessions.ts'

interface DataPlaneSetup {
  arn: string
  sessions: Sessions
  books: Books
  clock: Clock
  emit: Emit
}

/** Speaks the wire: one HTTP request in, one operation, its answer or the platform's error out. */
export function createDataPlane({ arn, sessions, books, clock, emit }: DataPlaneSetup) {
  async function answer(request: IncomingMessage, response: ServerResponse, clientLeft: AbortSignal): Promise<void> {
    const operation = readOperation(request, arn)
    switch (operation.name) {
      case 'list-sessions':
        return answerJson(response, 200, books.live())
      case 'read-ledger':
        return answerJson(response, 200, books.ledger(clock.now()))
      case 'stop':
        checkStopBody(await readBody(request))
        response.setHeader(sessionIdHeader, operation.address.sessionId)
        await sessions.stop(operation.address)
        return answerJson(response, 200, {})
      case 'invoke': {
        const { sessionId } = operation.address
        const body = await readBody(request)
        response.setHeader(sessionIdHeader, sessionId)
        const headers = headersForAgent(request.headers, sessionId, requestIdOf(response))
        return relay(await sessions.invoke(operation.address, { headers, body }, clientLeft), response)
      }
      default:
        operation satisfies never
    }
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
      const failure = toPlatformError(error)
      const { type, status, message } = failure
      const sessionId = response.getHeader(sessionIdHeader) as string | undefined
      books.countRefusal(type)
      emit({ type: 'refused', error: type, status, message, sessionId })
      response.setHeader('x-amzn-errortype', type)
      answerJson(response, status, { message })
    }
  }
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function requestIdOf(response: ServerResponse): string {
  return String(response.getHeader('x-amzn-requestid'))
}

function toPlatformError(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error
  return new PlatformError('InternalServerException', `The emulator failed: ${error}`, { cause: error })
}
