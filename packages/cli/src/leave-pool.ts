import type { WarmPool } from '@warm-agent/pool'
import { within } from '@warm-agent/proxy/runtime-kit'

/**
 * Ends this process's part in the pool. Never rejects: a session that is still booting may be hard to stop for longer than
 * orchestrators wait.
 *
 * @param leftMs No longer than this, in milliseconds.
 */
export async function leavePool(
  pool: Pick<WarmPool, 'close'>,
  leftMs: number,
  warn: (message: string) => void,
): Promise<void> {
  await within(leftMs, 'leave the pool', pool.close()).catch(() =>
    warn(
      'Could not stop every session of the pool before the process has to end. Those that run on are for the other ' +
        'processes that share the pool; without any they end at their idle timeout.',
    ),
  )
}
