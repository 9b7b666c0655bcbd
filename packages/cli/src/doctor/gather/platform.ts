import { randomUUID } from 'node:crypto'
import { withTimeout } from '../../with-timeout.ts'
import type { ClockReading } from '../checks/clock.ts'

/** What the data plane tells anybody who asks: that costs nothing and takes no credentials. */
export interface PlatformFacts {
  unreachable: string | undefined
  clock: ClockReading | undefined
  /** What it asks of a caller without credentials. */
  takes: 'sigv4' | 'oauth' | undefined
  /** Who issues the tokens that the runtime takes (RFC 9728). */
  issuers: string[] | undefined
}

/** How long both questions may take together, in milliseconds. */
const patienceMs = 10_000

/** Asks who issues the runtime's tokens. The answer also tells whether the platform can be reached, and its time. */
export async function askPlatform(
  url: string,
  arn: string,
  qualifier: string,
  signal: AbortSignal,
): Promise<PlatformFacts> {
  const runtime = `${url}/runtimes/${encodeURIComponent(arn)}`
  const query = `?qualifier=${encodeURIComponent(qualifier)}`
  const waiting = { signal: withTimeout(signal, patienceMs) }
  const askedAt = Date.now()
  try {
    const answer = await fetch(`${runtime}/invocations/.well-known/oauth-protected-resource${query}`, waiting)
    const clock = readClock('the platform', answer.headers.get('date'), askedAt, Date.now())
    const said = (await answer.json().catch(() => undefined)) as { authorization_servers?: unknown } | undefined
    const servers = answer.ok ? said?.authorization_servers : undefined
    const issuers = Array.isArray(servers) ? servers.map(String) : undefined
    // Nothing runs under this id, and nothing is done without credentials: only the status of the refusal is of interest.
    const headers = { 'x-amzn-bedrock-agentcore-runtime-session-id': `doctor-${randomUUID()}` }
    const { status } = await fetch(`${runtime}/stopruntimesession${query}`, { ...waiting, method: 'POST', headers })
    const takes = issuers || status === 401 ? 'oauth' : status === 403 ? 'sigv4' : undefined
    return { unreachable: undefined, clock, takes, issuers }
  } catch (error) {
    signal.throwIfAborted()
    return { unreachable: reasonOf(error), clock: undefined, takes: undefined, issuers: undefined }
  }
}

/** @returns how far the clock that stamped an answer is from ours: the header tells whole seconds. */
export function readClock(
  of: string,
  date: string | null,
  askedAt: number,
  answeredAt: number,
): ClockReading | undefined {
  const at = Date.parse(date ?? '')
  return Number.isNaN(at) ? undefined : { of, aheadMs: Math.round(at + 500 - (askedAt + answeredAt) / 2) }
}

/** `fetch` says "fetch failed" and hides why. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  return `${cause?.code ?? cause?.message ?? message}.`.replace(/\.\.$/, '.')
}
