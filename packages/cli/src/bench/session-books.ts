import type { AgentRuntime, RuntimeSession } from '@warm-agent/proxy'

/** Every session that a bench made: AgentCore cannot list them, and what is not stopped costs until it idles out. */
export interface SessionBooks {
  /** The runtime, with an entry in the books for every session that a call goes to. */
  runtime: AgentRuntime
  /** For a session that is called past {@link runtime}. */
  note(session: RuntimeSession): void
  /** Sessions made so far, and the time that they were held, up to now. */
  totals(): { sessions: number; heldMs: number; running: number }
  stop(session: RuntimeSession): Promise<void>
  /** Stops whatever runs. @returns how many could not be stopped. */
  stopAll(): Promise<number>
}

/** Stops at once how many sessions at the end of a bench; the data plane takes 1,000 calls a second. */
const stopsAtOnce = 20
const stopTries = 5

export function createSessionBooks(runtime: AgentRuntime, now: () => number = Date.now): SessionBooks {
  const running = new Map<string, { session: RuntimeSession; bornAt: number }>()
  let sessions = 0
  let endedMs = 0

  function note(session: RuntimeSession): void {
    const key = `${session.qualifier} ${session.id}`
    if (running.has(key)) return
    running.set(key, { session, bornAt: now() })
    sessions += 1
  }

  function cross(session: RuntimeSession): void {
    const key = `${session.qualifier} ${session.id}`
    endedMs += now() - (running.get(key)?.bornAt ?? now())
    running.delete(key)
  }

  const tracked: AgentRuntime = {
    ...runtime,
    invoke(session, ...rest) {
      note(session)
      return runtime.invoke(session, ...rest)
    },
    async stop(session, ...rest) {
      await runtime.stop(session, ...rest)
      cross(session)
    },
  }

  async function stop(session: RuntimeSession): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await tracked.stop(session, AbortSignal.timeout(15_000))
      } catch (error) {
        // A session that is just being provisioned is stopped as soon as the platform allows.
        if (tries === stopTries) throw error
        await new Promise(resolve => setTimeout(resolve, 500 * tries))
      }
    }
  }

  return {
    runtime: tracked,
    note,
    stop,
    totals: () => ({
      sessions,
      heldMs: endedMs + [...running.values()].reduce((sum, { bornAt }) => sum + now() - bornAt, 0),
      running: running.size,
    }),
    async stopAll() {
      const waiting = [...running.values()]
      let left = 0
      const worker = async () => {
        for (let next = waiting.pop(); next; next = waiting.pop()) {
          await stop(next.session).catch(() => {
            left += 1
          })
        }
      }
      await Promise.all(Array.from({ length: stopsAtOnce }, worker))
      return left
    },
  }
}
