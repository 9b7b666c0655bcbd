import { RuntimeFailure } from '@warm-agent/proxy'
import type { Site } from './endpoints.ts'

/**
 * Whether sessions could be started somewhere: resolves when all endpoints of one region are there for this caller. Starts
 * nothing, for what is called is the end of a session that never was.
 *
 * @throws RuntimeFailure what home says.
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
    if (!(error instanceof RuntimeFailure) || error.reason !== 'missing' || isOfEndpoint.test(error.message))
      throw error
  }
}

/**
 * A session that is missing proves that credentials, ARN and qualifier are right. The platform tells the absence of an
 * endpoint by the same status, only in other words: "No endpoint or agent found with qualifier …".
 */
const isOfEndpoint = /\b(endpoint|agent) (or agent )?(was )?not found|no (endpoint|agent)\b/i
