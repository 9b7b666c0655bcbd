import { type Emulator, EmulatorError, type EmulatorOptions, startEmulator } from '@warm-agent/emulator'
import { UsageError } from './usage-error.ts'

/**
 * Starts an emulator, and its agent once as a trial.
 *
 * @throws UsageError when either does not start, or an option makes no sense.
 */
export async function startAgent(options: EmulatorOptions): Promise<Emulator> {
  try {
    return await startEmulator({ ...options, tryAgent: true })
  } catch (error) {
    throw error instanceof EmulatorError ? new UsageError(error.message, { cause: error }) : error
  }
}
