import { type Agent, createEngine } from './agent.ts'
import { type Books, createBooks } from './books.ts'
import { createBootPlan } from './boot-plan.ts'
import { createEagerEngine } from './eager-engine.ts'
import { createEmit, type Emit } from './events.ts'
import type { PlatformSettings } from './platform-options.ts'
import { createQuotas } from './quotas.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createVersions } from './versions.ts'

/** A new version of the agent. */
export interface Update {
  /** @default the agent of the start, deployed anew */
  agent?: Agent | undefined
  /** The endpoints that move to it, besides `DEFAULT`, which follows by itself. @default none */
  qualifiers?: readonly string[] | undefined
}

/** The platform without its wire: what an emulator and a simulation have in common. */
export interface PlatformCore {
  readonly sessions: Sessions
  readonly books: Books
  readonly emit: Emit
  /** Starts the agent once, ahead of the first session; rejects with why it does not start. */
  tryAgent(): Promise<void>
  /** @returns the new version's number */
  update(update?: Update): number
  close(): Promise<void>
}

export function createPlatformCore(
  agent: Agent,
  settings: PlatformSettings,
  output: 'ignore' | 'inherit' = 'ignore',
): PlatformCore {
  const { clock } = settings
  const startAt = clock.now()
  const books = createBooks(settings.prices)
  const emit = createEmit(settings.onEvent)
  let engines = 0
  // As it is now: who points this process at the emulator does not want its key in the agents, which may call AWS themselves.
  const processes = { output, env: { ...process.env } }
  // Another version is another process, with other numbers at random.
  const engineOf = (each: Agent) =>
    createEngine(each, { ...settings, seed: `${settings.seed}/${++engines}` }, processes)
  const first = createEagerEngine(engineOf(agent))
  const versions = createVersions(first)
  const quotas = createQuotas(settings, startAt)
  const planBoot = createBootPlan({ ...settings, startAt })
  const sessions = createSessions({ ...settings, books, quotas, versions, planBoot, emit })

  return {
    sessions,
    books,
    emit,
    tryAgent: () => first.startAhead(settings.agentReadyTimeoutMs),
    update({ agent: next = agent, qualifiers = [] } = {}) {
      const version = versions.add(engineOf(next), qualifiers)
      emit({ type: 'version-added', version })
      return version
    },
    async close() {
      await sessions.close()
      await versions.close()
    },
  }
}
