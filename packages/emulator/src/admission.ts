import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Authenticate } from './auth/authenticate.ts'
import { readBearer } from './auth/bearer.ts'
import { checkBody } from './bodies.ts'
import type { CallKind } from './chaos/chaos-rule.ts'
import type { CallFaults, ChaosSource } from './chaos/create-chaos.ts'
import { refusalOf } from './chaos/rule-errors.ts'
import { type Clock, delay } from './clock.ts'
import { headersForAgent, withHeadersOfQuery } from './headers.ts'
import { type Route, readAddress } from './operation.ts'
import type { SessionAddress, Sessions } from './sessions.ts'
import { isWarmUp } from './warm-up.ts'
import { checkCustomHeaders, readMembers } from './wire/check-members.ts'
import { metadataUrl } from './wire/oauth-metadata.ts'
import type { Runtime } from './wire/runtime.ts'

export interface AdmissionSetup {
  runtime: Runtime
  sessions: Sessions
  clock: Clock
  authenticate: Authenticate
  chaos: ChaosSource
  /** Lower-case names of the headers that the runtime's owner allowed. */
  allowedHeaders: ReadonlySet<string>
}

/** A request of the data plane, read but not judged. */
interface Arrival {
  route: Route
  headers: IncomingHttpHeaders
  body: Buffer
  requestId: string
  /** Hears of the session as soon as it is known. */
  onSession: (sessionId: string) => void
}

/** A call that may go on to its session. */
export interface Admitted {
  address: SessionAddress
  /** For the agent. */
  headers: OutgoingHttpHeaders
  faults: CallFaults
}

export type Admit = (arrival: Arrival, clientLeft: AbortSignal) => Promise<Admitted>

/**
 * What every operation has to pass before its session, in the platform's order: the caller, the request's form, the
 * runtime. Then comes chaos. Throws what the platform answers to one that may not go on.
 */
export function createAdmit({ runtime, sessions, clock, authenticate, chaos, ...setup }: AdmissionSetup): Admit {
  return async (arrival, clientLeft) => {
    const { route, body, requestId } = arrival
    const isWebSocket = route.name === 'websocket'
    await authenticate({ ...route, headers: arrival.headers, body }, metadataUrl(arrival.headers, route))
    const headers = isWebSocket ? withHeadersOfQuery(arrival.headers, route.query) : arrival.headers
    const address = readAddress(route, readMembers(headers, route.query), runtime, randomUUID)
    arrival.onSession(address.sessionId)
    checkCustomHeaders(headers)
    checkBody(route.name, body)

    const faults = chaos.next(kindsOf(route, body, sessions.isUp(address)))
    await delay(clock, faults.slowMs, clientLeft)
    if (faults.refuse) throw refusalOf(faults.refuse)
    if (faults.isVmReplaced) await sessions.lose(address)
    const { sessionId } = address
    const hasToken = readBearer(headers) !== undefined
    const forwarded = { sessionId, requestId, allowed: setup.allowedHeaders, hasToken }
    return { address, headers: headersForAgent(headers, forwarded), faults }
  }
}

function kindsOf({ name }: Route, body: Buffer, isUp: boolean): CallKind[] {
  if (name === 'oauth-metadata') return []
  if (name !== 'invoke') return [name]
  return [name, isWarmUp(body) ? (isUp ? 'beat' : 'warm-up') : 'message']
}
