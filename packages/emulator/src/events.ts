import type { EndReason } from './lifecycle.ts'
import type { PlatformErrorType } from './platform-errors.ts'

interface OfVm {
  /** The microVM's number in the books. */
  vm: number
  sessionId: string
  qualifier: string
}

/** What happened, in order. */
export type EmulatorEvent =
  /** An invoke came for a session without a VM: provisioning begins and will take `delayMs` before the agent starts. */
  | ({ type: 'session-created'; delayMs: number; isPreWarmed: boolean } & OfVm)
  /** The provisioning delay is over and the agent has been started. */
  | ({ type: 'vm-provisioned'; pid: number | undefined } & OfVm)
  /** The agent answered `/ping`. */
  | ({ type: 'vm-ready'; bootMs: number } & OfVm)
  | ({ type: 'vm-failed'; message: string } & OfVm)
  /** A call was passed on to the agent. */
  | ({ type: 'invoked' } & OfVm)
  /** A shell command was started beside the agent. */
  | ({ type: 'command-started' } & OfVm)
  /** The agent took a WebSocket. */
  | ({ type: 'socket-opened' } & OfVm)
  | ({ type: 'session-stopped' } & OfVm)
  | ({ type: 'session-expired'; reason: Extract<EndReason, 'idle' | 'max-lifetime'> } & OfVm)
  | ({ type: 'agent-exited'; how: string } & OfVm)
  /** Chaos took the VM, or it was given up because its client left before it was ready. */
  | ({ type: 'vm-lost'; reason: Extract<EndReason, 'lost' | 'abandoned'> } & OfVm)
  /** The agent was updated: `DEFAULT` gives new sessions this version. */
  | { type: 'version-added'; version: number }
  /** A call was answered with an error. */
  | { type: 'refused'; error: PlatformErrorType; status: number; message: string; sessionId: string | undefined }

export type Emit = (event: EmulatorEvent) => void

/** A listener that throws is reported as an uncaught error; it never disturbs the emulator's own state. */
export function createEmit(onEvent: Emit | undefined): Emit {
  return event => {
    try {
      onEvent?.(event)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
