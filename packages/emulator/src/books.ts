import type { EndReason, Phase } from './lifecycle.ts'
import type { PlatformErrorType } from './platform-errors.ts'

/** One microVM in the books. Times are milliseconds since the epoch, by the emulator's clock. */
export interface VmRecord {
  /** Counts from 1. A session that was started again has another one. */
  vm: number
  sessionId: string
  qualifier: string
  state: Phase
  /** Of the agent's process group; absent until it has been started. */
  pid?: number
  /** The provisioning delay that was drawn. */
  delayMs: number
  /** From creation to the agent's first healthy `/ping`; absent until then. */
  bootMs?: number
  bornAt: number
  /** The last start or end of a call. */
  touchedAt: number
  endedAt?: number
  endReason?: EndReason
  /** Calls that were passed on to the agent. */
  invokes: number
}

/** Every VM that ever was, and what they sum up to. */
export interface Ledger {
  vms: VmRecord[]
  totals: {
    vms: number
    /** Not ended: provisioning, active, idle or stopping. */
    live: number
    ended: number
    /** VMs that were started for a session (id and qualifier) whose earlier VM had ended. */
    resurrected: number
    invokes: number
    /** Milliseconds that VMs existed, up to now. */
    heldMs: number
    /** Errors answered, by type. */
    refused: Partial<Record<PlatformErrorType, number>>
  }
}

export interface Books {
  open(entry: Pick<VmRecord, 'sessionId' | 'qualifier' | 'delayMs' | 'bornAt'>): VmRecord
  countRefusal(error: PlatformErrorType): void
  /** Copies of the VMs that have not ended. */
  live(): VmRecord[]
  ledger(now: number): Ledger
}

/** The books of one emulator: they forget nothing, so that a test can assert "one VM, none left, none resurrected". */
export function createBooks(): Books {
  const vms: VmRecord[] = []
  const refused: Partial<Record<PlatformErrorType, number>> = {}
  const live = () => vms.filter(vm => vm.state !== 'ended')

  return {
    open(entry) {
      const record: VmRecord = {
        vm: vms.length + 1,
        state: 'provisioning',
        touchedAt: entry.bornAt,
        invokes: 0,
        ...entry,
      }
      vms.push(record)
      return record
    },
    countRefusal(error) {
      refused[error] = (refused[error] ?? 0) + 1
    },
    live: () => structuredClone(live()),
    ledger: now => ({
      vms: structuredClone(vms),
      totals: {
        vms: vms.length,
        live: live().length,
        ended: vms.length - live().length,
        resurrected: vms.length - new Set(vms.map(sessionKey)).size,
        invokes: vms.reduce((sum, vm) => sum + vm.invokes, 0),
        heldMs: vms.reduce((sum, vm) => sum + (vm.endedAt ?? now) - vm.bornAt, 0),
        refused: { ...refused },
      },
    }),
  }
}

/** One VM per session id and qualifier. A qualifier has no space. */
export function sessionKey({ sessionId, qualifier }: Pick<VmRecord, 'sessionId' | 'qualifier'>): string {
  return `${qualifier} ${sessionId}`
}
