import { type Emulator, EmulatorError, type EmulatorOptions, startEmulator } from '@warm-agent/emulator'
import { UsageError } from './usage-error.ts'

/**
 * Starts an emulator for an agent, and that agent once, to see that it starts.
 *
 * @throws UsageError saying why one of them does not, or which option makes no sense.
 */
export async function startAgent(options: EmulatorOptions): Promise<Emulator> {
  try {
    return await startEmulator({ ...options, tryAgent: true })
  } catch (error) {
    throw error instanceof EmulatorError ? new UsageError(error.message, { cause: error }) : error
  }
}
