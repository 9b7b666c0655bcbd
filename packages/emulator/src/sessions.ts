import type { Books, VmRecord } from './books.ts'
import type { PlannedBoot } from './boot-plan.ts'
import type { AgentCall } from './engine.ts'
import { decideInvoke, decideStop } from './lifecycle.ts'
import { PlatformError } from './platform-errors.ts'
import type { Quotas } from './quotas.ts'
import type { Versions } from './versions.ts'
import { createVm, type Vm, type VmAnswer, type VmSetup } from './vm.ts'

/** What selects a microVM. */
export type SessionAddress = Pick<VmRecord, 'sessionId' | 'qualifier'>

/**
 * The sessions of one runtime: which call starts a VM, which one is passed on, which one is refused. Each of its
 * operations counts against the quota of calls.
 */
export interface Sessions {
  /** Gives the session's VM, ready for a call; starts one when there is none. */
  enter(address: SessionAddress, signal: AbortSignal): Promise<Vm>
  invoke(address: SessionAddress, call: AgentCall, signal: AbortSignal): Promise<VmAnswer>
  stop(address: SessionAddress): Promise<void>
  /** Whether the session has a VM that takes calls. */
  isUp(address: SessionAddress): boolean
  /** Ends the session's VM without a word, as when the platform loses it. One that is not up is left alone. */
  lose(address: SessionAddress): Promise<void>
  /** Ends all of them and takes no more calls. */
  close(): Promise<void>
}

/** What nobody could find out about the platform; each is a switch. */
export interface OpenQuestions {
  /** How long 409 is answered, counted from the begin of provisioning or teardown. What comes later waits. Milliseconds. */
  conflictMs: number
  /** Whether a call whose client left while its VM was provisioned leaves the VM or takes it down. */
  abortedProvisioning: 'finish' | 'cancel'
  /** What selects a VM. */
  sessionScope: 'id-and-qualifier' | 'id'
}

export interface SessionsSetup
  extends OpenQuestions,
    Pick<VmSetup, 'clock' | 'limits' | 'agentReadyTimeoutMs' | 'teardownMs' | 'pingEveryMs' | 'emit'> {
  books: Books
  quotas: Quotas
  versions: Versions
  /** Plans the next boot of an endpoint's version. */
  planBoot: (endpoint: string, now: number) => PlannedBoot
}

export function createSessions({ books, quotas, versions, planBoot, ...setup }: SessionsSetup): Sessions {
  const { clock, conflictMs } = setup
  const vms = new Map<string, Vm>()
  let isClosed = false

  /** One VM for each key. A qualifier has no space. */
  function keyOf({ sessionId, qualifier }: SessionAddress): string {
    return setup.sessionScope === 'id' ? sessionId : `${qualifier} ${sessionId}`
  }

  function provision(key: string, address: SessionAddress): Vm {
    const now = clock.now()
    quotas.countSession(vms.size, now)
    const { version, engine } = versions.current(address.qualifier)
    const boot = planBoot(`${address.qualifier} ${version}`, now)
    const { sessionId, qualifier } = address
    const record = books.open(key, { sessionId, qualifier, version, ...boot, bornAt: now })
    const vm = createVm({ ...setup, engine, record, onEnded: () => vms.delete(key) })
    vms.set(key, vm)
    return vm
  }

  function isConflictOver(vm: Vm | undefined): boolean {
    return vm !== undefined && clock.now() >= (vm.record.stoppingAt ?? vm.record.bornAt) + conflictMs
  }

  /** Waits for the end of what a VM is in: its provisioning, or its teardown. */
  async function settle(vm: Vm | undefined, signal?: AbortSignal): Promise<void> {
    try {
      await (vm?.record.state === 'stopping' ? vm.gone : vm?.ready)
    } catch (error) {
      // Whoever only waited for it goes on without it.
      if (vm?.record.endReason !== 'abandoned') throw error
    }
    signal?.throwIfAborted()
  }

  async function lose(vm: Vm, reason: 'lost' | 'abandoned'): Promise<void> {
    if (vm.record.endReason === undefined) setup.emit({ type: 'vm-lost', reason, ...vm.identity })
    await vm.end(reason)
    await vm.gone
  }

  async function boot(vm: Vm, signal: AbortSignal): Promise<void> {
    const cancel = () => void lose(vm, 'abandoned')
    if (setup.abortedProvisioning === 'cancel') signal.addEventListener('abort', cancel, { once: true })
    try {
      await vm.ready
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', cancel)
    }
    // The client may have left while its VM booted. The VM stays, the call is dropped.
    signal.throwIfAborted()
  }

  async function enter(address: SessionAddress, signal: AbortSignal): Promise<Vm> {
    const key = keyOf(address)
    quotas.countCall(clock.now())
    for (;;) {
      if (isClosed) throw new PlatformError('InternalServerException', 'The emulator is closing.')
      const vm = vms.get(key)
      const verdict = decideInvoke(vm?.record.state, isConflictOver(vm))
      if (verdict === 'conflict') throw conflict()
      if (verdict === 'pass' && vm) return vm
      if (verdict === 'wait') await settle(vm, signal)
      else {
        const started = provision(key, address)
        await boot(started, signal)
        return started
      }
    }
  }

  return {
    enter,
    async invoke(address, call, signal) {
      const vm = await enter(address, signal)
      return vm.call(call, signal)
    },
    async stop(address) {
      quotas.countCall(clock.now())
      for (;;) {
        const vm = vms.get(keyOf(address))
        const verdict = decideStop(vm?.record.state, isConflictOver(vm))
        if (verdict === 'conflict') throw conflict()
        if (verdict === 'wait') {
          // A VM that never became ready is gone as well.
          await settle(vm).catch(() => {})
          continue
        }
        if (!vm || verdict === 'missing') {
          throw new PlatformError('ResourceNotFoundException', `No live session ${address.sessionId} was found.`)
        }
        await vm.end('stopped')
        return setup.emit({ type: 'session-stopped', ...vm.identity })
      }
    },
    isUp: address => isUp(vms.get(keyOf(address))),
    async lose(address) {
      const vm = vms.get(keyOf(address))
      if (vm && isUp(vm)) await lose(vm, 'lost')
    },
    async close() {
      isClosed = true
      await Promise.all([...vms.values()].map(vm => vm.end('emulator-closed')))
    },
  }
}

function isUp(vm: Vm | undefined): boolean {
  return vm?.record.state === 'active' || vm?.record.state === 'idle'
}

function conflict(): PlatformError {
  return new PlatformError('RetryableConflictException', 'Session operation in progress, please retry')
}
