import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { RuntimeFailure } from '@warm-agent/proxy'
import { reasonOf } from '../doctor/gather/platform.ts'
import { UsageError } from '../usage-error.ts'
import type { Target } from './rig.ts'

/** How long the platform may take to answer, in milliseconds. One that is slower is measured all the same. */
const patienceMs = 10_000

/**
 * Asks the platform to stop a session that never was: without a connection, every scenario would only wait for its retries.
 *
 * @throws UsageError when there is no connection.
 */
export async function checkReachable({ arn, qualifiers }: Target): Promise<void> {
  if (!arn) return
  const runtime = createAgentCoreRuntime({ arn, ...(qualifiers && { qualifiers }) })
  try {
    await runtime.check?.(AbortSignal.timeout(patienceMs))
  } catch (error) {
    // What is refused is a result, and a connection that broke was one.
    if (!(error instanceof RuntimeFailure) || error.reason !== 'unreachable' || error.mayHaveRun) return
    throw new UsageError(
      `Could not start the bench: no connection to the platform, ${reasonOf(error)} ` +
        'Check AWS_ENDPOINT_URL_BEDROCK_AGENTCORE, the network and its proxies; for an emulator, whether it runs.',
      { cause: error },
    )
  }
}
