import { describePing } from './agent-ping.ts'
import { Cancellable } from './cancellation.ts'
import type { Engine, Machine } from './engine.ts'

/** An engine whose first agent can be started ahead of need. */
export interface EagerEngine extends Engine {
  /**
   * Starts an agent, to see that it starts at all; rejects with why it does not. The first microVM gets it, so that the
   * agent's command is still run once for each session.
   */
  startAhead(timeoutMs: number): Promise<void>
}

export function createEagerEngine(engine: Engine): EagerEngine {
  const boot = new Cancellable()
  let spare: Machine | undefined

  return {
    async startAhead(timeoutMs) {
      const machine = await engine.start(0, boot)
      void machine.exited.then(() => {
        spare = undefined
      })
      let isTooLong = false
      const timer = setTimeout(() => {
        isTooLong = true
        void machine.end()
      }, timeoutMs)
      try {
        await machine.ready
        spare = machine
      } catch (cause) {
        await machine.end()
        const how = cause instanceof Error ? cause.message : String(cause)
        const why = isTooLong ? `${describePing(machine)} did not answer 200 in ${timeoutMs / 1_000} s` : how
        // One sentence, however many lines it printed. What failed stands before the stack, which may be longer than that.
        const words = machine
          .lastWords()
          .replace(/^ +at .*/gm, '')
          .replace(/\s+/g, ' ')
          .slice(-500)
        throw new Error(words ? `${why}, and printed last: ${words}` : why, { cause })
      } finally {
        clearTimeout(timer)
      }
    },
    async start(vm, cancellation) {
      if (!spare) return engine.start(vm, cancellation)
      const machine = spare
      spare = undefined
      return machine
    },
    async close() {
      boot.cancel()
      await spare?.end()
      await engine.close()
    },
  }
}
