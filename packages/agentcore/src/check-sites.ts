import { RuntimeFailure } from '@warm-agent/proxy'
import type { Site } from './endpoints.ts'

/**
 * Resolves when all endpoints of at least one region are there for this caller. Starts nothing: it stops a session that never
 * was.
 *
 * @throws RuntimeFailure what the home region says.
 */
export async function checkSites(sites: readonly [Site, ...Site[]], signal: AbortSignal | undefined): Promise<void> {
  const checks = sites.map(site =>
    Promise.all(site.qualifiers.map(qualifier => checkEndpoint(site, qualifier, signal))),
  )
  const [home, ...others] = await Promise.allSettled(checks)
  if (home?.status !== 'rejected' || others.some(({ status }) => status === 'fulfilled')) return
  throw home.reason
}

async function checkEndpoint({ arn, calls }: Site, qualifier: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await calls.stop({ arn, qualifier, sessionId: `check-${crypto.randomUUID()}` }, signal)
  } catch (error) {
    const isMissing = error instanceof RuntimeFailure && error.reason === 'missing'
    if (!isMissing || isOfEndpoint.test(error.message)) throw error
  }
}

/**
 * A missing session proves that credentials, ARN and qualifier are right. A missing endpoint has the same status, and differs
 * only in words: "No endpoint or agent found with qualifier …".
 */
const isOfEndpoint = /\b(endpoint|agent) (or agent )?(was )?not found|no (endpoint|agent)\b/i
