import type { WarmPool } from '@warm-agent/pool'
import { within } from '@warm-agent/proxy/runtime-kit'

/** As long as a proxy takes at most to stop its own sessions, which it does at the same time. */
const leaveMs = 10_000

/**
 * Ends this process's part in the pool. Never rejects, and takes no longer than ten seconds: a session that is still booting
 * may be hard to stop for longer than orchestrators wait.
 */
export async function leavePool(pool: Pick<WarmPool, 'close'>, warn: (message: string) => void): Promise<void> {
  await within(leaveMs, 'leave the pool', pool.close()).catch(() =>
    warn(
      `Could not stop every session of the pool within ${leaveMs / 1000} s. Those that run on are for the other processes ` +
        'that share the pool; without any they end at their idle timeout.',
    ),
  )
}
