import { availableParallelism } from 'node:os'
import { callAgent, createSockets } from './agent-http.ts'
import { readPing, waitUntilHealthy } from './agent-ping.ts'
import { startAgentProcess } from './agent-process.ts'
import { startCommandProcess } from './command-process.ts'
import type { Engine, Machine } from './engine.ts'
import { createGate } from './gate.ts'
import { createPorts } from './ports.ts'
import { createWatchdog } from './watchdog.ts'

/**
 * How many agents start at the same time, for each processor. VMs of the platform do not share one: without this,
 * two hundred at once would all be so slow that the platform's initialization time passes.
 */
const startsPerProcessor = 16

/** What all agents that are processes have in common. */
export interface ProcessSetup {
  /** Where what they print goes. */
  readonly output: 'ignore' | 'inherit'
  /** Their environment, without `PORT`. */
  readonly env: NodeJS.ProcessEnv
}

/** Runs every agent as a process of its own, started from a command. */
export function createProcessEngine(command: string, setup: ProcessSetup): Engine {
  const ports = createPorts()
  const watchdog = createWatchdog()
  const enter = createGate(startsPerProcessor * availableParallelism())

  async function startMachine(signal: AbortSignal): Promise<Machine> {
    signal.throwIfAborted()
    const port = await ports.take()
    if (signal.aborted) ports.giveBack(port)
    signal.throwIfAborted()
    const env = { ...setup.env, PORT: String(port) }
    const agent = startAgentProcess(command, env, setup.output, watchdog)
    const over = new AbortController()
    const sockets = createSockets()
    const exited = agent.exited.finally(() => over.abort())
    const ready = waitUntilHealthy(port, over.signal).catch(async () => {
      throw new Error(await exited)
    })
    // Whoever ends the machine before it is ready need not look at this.
    ready.catch(() => {})
    return {
      pid: agent.pid,
      port,
      run: command => startCommandProcess(command, env, watchdog),
      ready,
      exited,
      lastWords: agent.lastWords,
      call: (call, { signal }) => callAgent(port, call, signal, sockets),
      ping: () => readPing(port, over.signal),
      async end() {
        await agent.end()
        sockets.destroy()
        ports.giveBack(port)
      },
    }
  }

  return {
    async start(_, { signal }) {
      const leave = await enter()
      try {
        const machine = await startMachine(signal)
        void machine.ready.catch(() => {}).finally(leave)
        return machine
      } catch (error) {
        leave()
        throw error
      }
    },
    async close() {
      ports.close()
      await watchdog.close()
    },
  }
}
