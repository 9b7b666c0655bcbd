import type { EndReason, Phase } from './lifecycle.ts'
import type { PlatformErrorType } from './platform-errors.ts'
import { dollarsOfVm, type Prices } from './prices.ts'

/** One microVM in the books. Times are milliseconds since the epoch, by the emulator's clock. */
export interface VmRecord {
  /** Counts from 1. A session that was started again has another one. */
  vm: number
  sessionId: string
  qualifier: string
  /** The version of the agent that it runs, for all its life. */
  version: number
  state: Phase
  /** Of the agent's process group; absent until it has been started. */
  pid?: number
  /** The provisioning delay that was drawn. */
  delayMs: number
  /** Whether one of the endpoint's pre-warmed instances served it. */
  isPreWarmed: boolean
  /** From creation to the agent's first healthy `/ping`; absent until then. */
  bootMs?: number
  bornAt: number
  /** The last start or end of a call, or a `/ping` that restarts the idle timer. */
  touchedAt: number
  /** When it began to end. */
  stoppingAt?: number
  endedAt?: number
  endReason?: EndReason
  /** Calls that were passed on to the agent. */
  invokes: number
  /** Those of them that were warm-ups (`{"type":"warmup","nonce":…}`, what `@warm-agent/agent` understands). */
  warmUps: number
  /** Those of the warm-ups that found a VM which had been called before. */
  beats: number
}

/** A record with what follows from it. */
export interface VmEntry extends VmRecord {
  /** Milliseconds from creation to the end, or to now. */
  heldMs: number
  /** Its boot and its memory until now. The CPU of calls is not counted. */
  dollars: number
}

/** Every VM that ever was, and what they sum up to. */
export interface Ledger {
  vms: VmEntry[]
  totals: {
    vms: number
    /** Not ended: provisioning, active, idle or stopping. */
    live: number
    ended: number
    /** VMs whose agent became ready. */
    boots: number
    /** Milliseconds that these took, together. */
    bootMs: number
    /** VMs that were started for a session (id and qualifier) whose earlier VM had ended. */
    resurrected: number
    invokes: number
    warmUps: number
    beats: number
    /** VMs that `StopRuntimeSession` ended. */
    stops: number
    /** Milliseconds that VMs existed, up to now. */
    heldMs: number
    /** See {@link VmEntry.dollars}. */
    dollars: number
    /** Errors answered, by type. */
    refused: Partial<Record<PlatformErrorType, number>>
  }
}

type NewVm = Pick<VmRecord, 'sessionId' | 'qualifier' | 'version' | 'delayMs' | 'isPreWarmed' | 'bornAt'>

export interface Books {
  /** @param key what selects the VM; a key that was there before is a resurrection. */
  open(key: string, entry: NewVm): VmRecord
  countRefusal(error: PlatformErrorType): void
  /** The VMs that have not ended. */
  live(now: number): VmEntry[]
  ledger(now: number): Ledger
}

/** The books of one emulator: they forget nothing, so that a test can assert "one VM, none left, none resurrected". */
export function createBooks(prices: Prices): Books {
  const vms: VmRecord[] = []
  const keys = new Set<string>()
  const refused: Partial<Record<PlatformErrorType, number>> = {}

  function toEntry(record: VmRecord, now: number): VmEntry {
    const heldMs = (record.endedAt ?? now) - record.bornAt
    return { ...record, heldMs, dollars: dollarsOfVm(heldMs, prices) }
  }

  return {
    open(key, entry) {
      const record: VmRecord = {
        vm: vms.length + 1,
        state: 'provisioning',
        touchedAt: entry.bornAt,
        invokes: 0,
        warmUps: 0,
        beats: 0,
        ...entry,
      }
      vms.push(record)
      keys.add(key)
      return record
    },
    countRefusal(error) {
      refused[error] = (refused[error] ?? 0) + 1
    },
    live: now => vms.filter(isLive).map(vm => toEntry(vm, now)),
    ledger(now) {
      const entries = vms.map(vm => toEntry(vm, now))
      const sum = (count: (vm: VmEntry) => number) => entries.reduce((total, vm) => total + count(vm), 0)
      const live = sum(vm => Number(isLive(vm)))
      return {
        vms: entries,
        totals: {
          vms: vms.length,
          live,
          ended: vms.length - live,
          boots: sum(vm => Number(vm.bootMs !== undefined)),
          bootMs: sum(vm => vm.bootMs ?? 0),
          resurrected: vms.length - keys.size,
          invokes: sum(vm => vm.invokes),
          warmUps: sum(vm => vm.warmUps),
          beats: sum(vm => vm.beats),
          stops: sum(vm => Number(vm.endReason === 'stopped')),
          heldMs: sum(vm => vm.heldMs),
          dollars: sum(vm => vm.dollars),
          refused: { ...refused },
        },
      }
    },
  }
}

function isLive({ state }: VmRecord): boolean {
  return state !== 'ended'
}
