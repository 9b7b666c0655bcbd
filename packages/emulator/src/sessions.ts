import { type Books, sessionKey, type VmRecord } from './books.ts'
import type { AgentCall } from './engine.ts'
import { decideInvoke, decideStop } from './lifecycle.ts'
import { PlatformError } from './platform-errors.ts'
import { createVm, type Vm, type VmAnswer, type VmSetup } from './vm.ts'

/** What selects a microVM. */
export type SessionAddress = Pick<VmRecord, 'sessionId' | 'qualifier'>

/** The sessions of one runtime: which call starts a VM, which one is passed on, which one is refused. */
export interface Sessions {
  invoke(address: SessionAddress, call: AgentCall, signal: AbortSignal): Promise<VmAnswer>
  stop(address: SessionAddress): Promise<void>
  /** Ends all of them and takes no more calls. */
  close(): Promise<void>
}

export interface SessionsSetup extends Omit<VmSetup, 'record' | 'onEnded'> {
  books: Books
  /** Draws the next provisioning delay, in milliseconds. */
  drawDelayMs: () => number
}

export function createSessions({ books, drawDelayMs, ...setup }: SessionsSetup): Sessions {
  const vms = new Map<string, Vm>()
  let isClosed = false

  function provision(address: SessionAddress): Vm {
    const key = sessionKey(address)
    const record = books.open({ ...address, delayMs: drawDelayMs(), bornAt: setup.clock.now() })
    const vm = createVm({ ...setup, record, onEnded: () => vms.delete(key) })
    vms.set(key, vm)
    return vm
  }

  return {
    async invoke(address, call, signal) {
      if (isClosed) throw new PlatformError('InternalServerException', 'The emulator is closing.')
      let vm = vms.get(sessionKey(address))
      const verdict = decideInvoke(vm?.record.state)
      if (verdict === 'conflict') throw conflict()
      if (!vm || verdict === 'provision') vm = provision(address)
      await vm.ready
      // The client may have left while its VM booted. The VM stays (what AWS does then is not documented), the call is dropped.
      signal.throwIfAborted()
      return vm.call(call, signal)
    },
    async stop(address) {
      const vm = vms.get(sessionKey(address))
      const verdict = decideStop(vm?.record.state)
      if (verdict === 'conflict') throw conflict()
      if (!vm || verdict === 'missing') {
        throw new PlatformError('ResourceNotFoundException', `No live session ${address.sessionId} was found.`)
      }
      await vm.end('stopped')
      const { vm: number, sessionId, qualifier } = vm.record
      setup.emit({ type: 'session-stopped', vm: number, sessionId, qualifier })
    },
    async close() {
      isClosed = true
      await Promise.all([...vms.values()].map(vm => vm.end('emulator-closed')))
    },
  }
}

function conflict(): PlatformError {
  return new PlatformError('RetryableConflictException', 'Session operation in progress, please retry')
}
