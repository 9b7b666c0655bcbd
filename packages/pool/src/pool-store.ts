import type { PoolEntry, StoredEntry } from './pooled-session.ts'

/** A process that uses the store. */
export interface PoolMember {
  readonly id: string
  /** What it labels sessions with. The version that joined last is the current one. */
  readonly version: string
  /** Whether it may fill and tend the pool. One such member does at a time. */
  readonly tends: boolean
  /** It is taken for dead when it has not joined again for this long, in milliseconds. */
  readonly leaseMs: number
  /** How many claims were asked of it so far: whoever tends the pool sees only its own. @default 0 */
  readonly arrivals?: number
  /** How many of these gave nothing. @default 0 */
  readonly misses?: number
  /** Called when another member did something that may change the plan, by a store that notices. */
  onNews?(): void
}

/** How a member stands when it has joined. */
export interface Standing {
  /** Proves that this member tends the pool. A later member's is larger. `undefined`: it does not. */
  readonly fence?: number | undefined
  /** Whether the member's version is the one that is handed out. */
  readonly isCurrent: boolean
  /** Changes with everything that changes. `undefined`: the store cannot tell. */
  readonly revision?: number | undefined
  /** How many sessions all members together have claimed so far. `undefined`: the store cannot tell. */
  readonly claims?: number | undefined
  /** How many claims were asked of all members together, as they told when they joined. `undefined`: the store cannot tell. */
  readonly arrivals?: number | undefined
  /** How many of these gave nothing, likewise. */
  readonly misses?: number | undefined
  /** How many other members live. `undefined`: the store cannot tell. */
  readonly others?: number | undefined
}

/** Which entries may be handed out. */
export interface ClaimGate {
  readonly nowMs: number
  /** Older touches are too old: the platform may have ended the session. */
  readonly touchedSinceMs: number
  /** What a store without a current version of its own goes by. */
  readonly version: string
}

/** Whether an entry of the current version is young enough to be handed out, and was touched lately enough. */
export function passesGate({ retireAtMs, touchedAtMs }: PoolEntry, { nowMs, touchedSinceMs }: ClaimGate): boolean {
  return retireAtMs > nowMs && touchedAtMs > touchedSinceMs
}

/** What a store that others can write to found beside its sessions. */
interface Unreadable {
  /**
   * How many entries it met, since it last told, that have not the shape of a session. They are gone from the store; a microVM
   * behind one idles out. @default 0
   */
  readonly unreadable?: number | undefined
}

export interface StoreClaim extends Unreadable {
  /** Taken out of the store, by this call and for ever. `null`: there is none. */
  readonly entry: PoolEntry | null
  /** Did not pass the gate. They were taken out too, and are the caller's to stop. */
  readonly rejected: readonly PoolEntry[]
}

export interface StoreContent extends Unreadable {
  readonly entries: readonly StoredEntry[]
  /** How many more can be claimed that the store did not show: a queue shows only a part. They need no care before the others. */
  readonly unseen: number
}

/**
 * What came of adding: `added`; `held`, the store knows it, so it is somebody's and must not be stopped; `unknown`, nobody
 * has it, so it is the caller's to stop.
 */
export type AddOutcome = 'added' | 'held' | 'unknown'

/**
 * Where sessions wait, and who may take them. Each method is atomic. Two rules hold whatever crashes: a session is handed
 * out at most once, and only who took it out may stop it. A call that is made again does what it did, at most once.
 * A rejected promise means that the outcome is unknown.
 */
export interface PoolStore {
  readonly name: string
  /** How often a member looks for what others did, in milliseconds. 0: there are no others. */
  readonly lookEveryMs: number
  /**
   * The same store, in so far as it holds sessions of the runtime of this name: those of another one are neither handed out
   * nor stopped. Without this method the store is taken to hold those of one runtime alone.
   */
  ofRuntime?(identity: string): PoolStore
  /** Says that the member lives, and asks how it stands. Called every {@link lookEveryMs}, and much more often than `leaseMs`. */
  join(member: PoolMember): Promise<Standing>
  /** Leaves in good order: the next one takes over at once. */
  leave(member: PoolMember): Promise<void>
  /** Hands out the oldest entry that passes the gate. */
  claim(gate: ClaimGate): Promise<StoreClaim>
  /** Puts a claimed entry back that nobody used. */
  giveBack(entry: PoolEntry): Promise<void>
  /** Notes that these are about to be warmed. @returns false when the fence is not the newest: then warm none. */
  begin(entries: readonly PoolEntry[], fence: number): Promise<boolean>
  /** Makes a warmed entry claimable. */
  add(entry: PoolEntry, fence: number): Promise<AddOutcome>
  /** Keeps what is new about these, in so far as they still are to be claimed. Takes none out of reach. */
  update(entries: readonly PoolEntry[]): Promise<void>
  /** Takes these out to be stopped. @returns those that it took: nobody else has them, or will. */
  retire(entries: readonly PoolEntry[], fence: number): Promise<readonly PoolEntry[]>
  /** These have ended. */
  forget(entries: readonly PoolEntry[]): Promise<void>
  /**
   * What the store holds.
   *
   * @param nowMs With it, a store whose looks are costly may look only every {@link lookEveryMs}, and just count in between.
   */
  look(nowMs?: number): Promise<StoreContent>
}
