import { type AgentRuntime, RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'
import { overriding } from '@warm-agent/proxy/runtime-kit'
import { neverStarted } from '../never-started.ts'

/** Every session that a bench made: AgentCore cannot list them, and what is not stopped costs until it idles out. */
export interface SessionBooks {
  /** The runtime. Every session that it is called for gets an entry in the books. */
  runtime: AgentRuntime
  /** Makes a call to a session that does not go through {@link runtime}, and enters it all the same. */
  watch<Answer>(session: RuntimeSession, call: () => Promise<Answer>): Promise<Answer>
  /** How many sessions were made, for how long they were held until now, and how many run. */
  totals(): { sessions: number; heldMs: number; running: number }
  /** Stops it, if it is in the books. */
  stop(session: RuntimeSession): Promise<void>
  /** Stops all that run. @returns how many could not be stopped. */
  stopAll(): Promise<number>
}

interface Entry {
  session: RuntimeSession
  bornAt: number
  /** Calls that have not been answered yet. */
  calls: number
  /** Whether one of its calls may have started it, which only a refused call cannot have. */
  mayRun: boolean
}

/** How many sessions are stopped at once at the end. The data plane takes 1,000 calls a second. */
const stopsAtOnce = 20
const stopTries = 5
/** A session can only be stopped when it is provisioned, and on V2 an agent has 120 s to initialise. */
const provisioningMs = 150_000
const lookAgainMs = 500

export function createSessionBooks(runtime: AgentRuntime, now: () => number = Date.now): SessionBooks {
  const running = new Map<string, Entry>()
  let sessions = 0
  let endedMs = 0

  const keyOf = ({ qualifier, id }: RuntimeSession) => `${qualifier} ${id}`

  function note(session: RuntimeSession): Entry {
    const known = running.get(keyOf(session))
    if (known) return known
    const entry: Entry = { session, bornAt: now(), calls: 0, mayRun: false }
    running.set(keyOf(session), entry)
    sessions += 1
    return entry
  }

  function cross(session: RuntimeSession): void {
    const entry = running.get(keyOf(session))
    if (!entry) return
    endedMs += now() - entry.bornAt
    running.delete(keyOf(session))
  }

  async function watch<Answer>(session: RuntimeSession, call: () => Promise<Answer>): Promise<Answer> {
    const entry = note(session)
    entry.calls += 1
    try {
      const answer = await call()
      entry.mayRun = true
      return answer
    } catch (error) {
      entry.mayRun ||= !neverStarted(error)
      throw error
    } finally {
      entry.calls -= 1
      // All of its calls were refused: it never ran, and cost nothing.
      if (entry.calls === 0 && !entry.mayRun && running.delete(keyOf(session))) sessions -= 1
    }
  }

  const tracked = overriding(runtime, {
    invoke: (session, ...rest) => watch(session, () => runtime.invoke(session, ...rest)),
    async stop(session, ...rest) {
      await runtime.stop(session, ...rest)
      cross(session)
    },
  })

  async function stop(session: RuntimeSession): Promise<void> {
    const until = performance.now() + provisioningMs
    for (let tries = 1; running.has(keyOf(session)); ) {
      try {
        return await tracked.stop(session, AbortSignal.timeout(15_000))
      } catch (error) {
        const isProvisioning = error instanceof RuntimeFailure && error.reason === 'conflict'
        if (isProvisioning ? performance.now() > until : tries === stopTries) throw error
        await new Promise(resolve => setTimeout(resolve, isProvisioning ? lookAgainMs : lookAgainMs * tries++))
      }
    }
  }

  return {
    runtime: tracked,
    watch,
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
