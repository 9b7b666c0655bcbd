import { EmulatorError } from './emulator-error.ts'
import type { Engine } from './engine.ts'
import { createProcessEngine, type ProcessSetup } from './process-engine.ts'
import type { SimulatedAgent, SimulatedHandler } from './simulated-agent.ts'
import { createSimulatedEngine, type SimulatedEngineSetup } from './simulated-engine.ts'

/** A command line that starts a process for every session, or an agent that lives in this process. */
export type Agent<State = unknown> = string | SimulatedHandler | SimulatedAgent<State>

export function isAgent(value: unknown): value is Agent {
  if (typeof value === 'string') return value.trim() !== ''
  return typeof value === 'function' || typeof (value as Partial<SimulatedAgent> | null)?.invoke === 'function'
}

/**
 * The engine that runs such an agent.
 *
 * @throws EmulatorError for a command on Windows, which has neither process groups nor a shell for the watchdog.
 */
export function createEngine(
  agent: Agent,
  setup: Omit<SimulatedEngineSetup, 'agent'>,
  processes: ProcessSetup,
): Engine {
  if (typeof agent === 'string') {
    if (process.platform !== 'win32') return createProcessEngine(agent, processes)
    throw new EmulatorError(
      'invalid_option',
      'Could not start the emulator: an agent that is a command needs Linux, macOS or WSL. ' +
        'Run it in WSL, or give an agent that runs in this process.',
    )
  }
  const simulated: SimulatedAgent = typeof agent === 'function' ? { invoke: agent } : agent
  return createSimulatedEngine({ ...setup, agent: simulated })
}
