import type { Environment, WarmTrigger } from '@warm-agent/client'
import type { FakeBrowser } from './fake-browser.ts'

/** A world that stands still until it is told to go on. */
export interface FakeEnvironment extends Environment {
  /**
   * Lets time pass, timer by timer, and lets promises settle after each. Whoever sets more than 100 000 timers until it is called
   * again is given an error: what repeats itself without pause would hang the test.
   */
  advance(durationMs: number): Promise<void>
  /** Lets time pass without timers, as the sleep of a machine does; they fire late, when it goes on. */
  sleep(durationMs: number): Promise<void>
  show(): Promise<void>
  hide(): Promise<void>
  /** `pagehide`: closed, navigated away, or put into the back/forward cache. */
  leave(): Promise<void>
  /** `pageshow` from the back/forward cache. */
  comeBack(): Promise<void>
  /** The user does what the trigger waits for. */
  trigger(kind: 'visible' | 'intent'): Promise<void>
  /** The tab is told that it stops, as Chromium stops one that was long in the background. */
  freeze(): Promise<void>
  /** The user moves, types or scrolls. */
  act(): Promise<void>
  /** How many timers and listeners there are: nothing may be left over in the end. */
  leftovers(): { timers: number; listeners: number }
}

export interface FakeEnvironmentOptions {
  /** @default true */
  isVisible?: boolean
  /** What every draw of `random` gives. @default 0 */
  chance?: number
  /** @default 'https://chat.example/room/7' */
  url?: string
  /** Whether the user asked to save data. @default false */
  savesData?: boolean
  /** Where the clock stands. @default 1_000_000 */
  nowMs?: number
  /** What it shares with other tabs. @default nothing: no Web Locks, no storage of the browser */
  browser?: FakeBrowser
  /** What the tab remembers: give the same to the next page of the tab. @default nothing yet */
  tab?: Map<string, string>
}

/** More than a session sets in a day: to look for its target each second takes 86 400. */
const mostTimers = 100_000

/** Lets everything that waits for settled promises go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await null
}

export function createFakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const {
    isVisible = true,
    chance = 0,
    url = 'https://chat.example/room/7',
    savesData = false,
    browser,
    tab = new Map(),
  } = options
  let nowMs = options.nowMs ?? 1_000_000
  let isShown = isVisible
  /** A page that was left, or is frozen, hears nothing. */
  let isAsleep = false
  const timers = new Set<{ atMs: number; callback: () => void }>()
  /** How many were set since time was last told to go on. */
  let timersSet = 0
  const listeners = new Set<(hasLeft: boolean, isFreezing: boolean) => void>()
  const activityListeners = new Set<() => void>()
  const watches = new Set<{ kind: WarmTrigger; fire: () => void }>()

  async function changePage(shown: boolean, hasLeft = false, isFreezing = false) {
    isShown = shown
    isAsleep = hasLeft || isFreezing
    for (const listener of [...listeners]) listener(hasLeft, isFreezing)
    await settle()
  }

  const hear = () => {
    if (!isAsleep) for (const listener of [...listeners]) listener(false, false)
  }
  /** The other tabs are told of a change, this one is not. */
  function told(change: () => void) {
    change()
    for (const listener of browser?.listeners ?? []) if (listener !== hear) queueMicrotask(listener)
  }

  async function advance(durationMs: number) {
    const endMs = nowMs + durationMs
    timersSet = 0
    await settle()
    for (;;) {
      const [next] = [...timers].sort((one, other) => one.atMs - other.atMs)
      if (!next || next.atMs > endMs) break
      nowMs = Math.max(nowMs, next.atMs)
      timers.delete(next)
      next.callback()
      await settle()
    }
    nowMs = endMs
  }

  return {
    now: () => nowMs,
    random: () => chance,
    after(delayMs, callback) {
      if (++timersSet > mostTimers) {
        throw new Error(
          `Could not set a timer of ${delayMs} ms: it would be one of more than ${mostTimers}. See what repeats itself without pause.`,
        )
      }
      const timer = { atMs: nowMs + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    isVisible: () => isShown,
    onPageChange(listener) {
      listeners.add(listener)
      browser?.listeners.add(hear)
      return () => listeners.delete(listener)
    },
    onTrigger(kind, target, fire) {
      // As in a browser, what is no trigger to wait for fires at once.
      if (kind === 'open' || (kind === 'manual' && target !== null)) {
        fire()
        return () => {}
      }
      const watch = { kind, fire }
      if (target !== null) watches.add(watch)
      return () => watches.delete(watch)
    },
    onActivity(listener) {
      activityListeners.add(listener)
      return () => activityListeners.delete(listener)
    },
    savesData: () => savesData,
    storage(of) {
      const memory = of === 'tab' ? tab : browser?.memory
      return (
        memory && {
          getItem: key => memory.get(key) ?? null,
          setItem: (key, value) => told(() => memory.set(key, value)),
          removeItem: key => told(() => memory.delete(key)),
        }
      )
    },
    locks: () => browser?.locks,
    page: () => ({ baseURI: url, location: { origin: new URL(url).origin } }),
    advance,
    async sleep(durationMs) {
      nowMs += durationMs
      await advance(0)
    },
    show: () => changePage(true),
    hide: () => changePage(false),
    leave: () => changePage(isShown, true),
    comeBack: () => changePage(true),
    async trigger(kind) {
      for (const watch of [...watches]) {
        if (watch.kind !== kind) continue
        watches.delete(watch)
        watch.fire()
      }
      await settle()
    },
    freeze: () => changePage(isShown, false, true),
    async act() {
      for (const listener of [...activityListeners]) listener()
      await settle()
    },
    leftovers: () => ({
      timers: timers.size,
      listeners: listeners.size + activityListeners.size + watches.size,
    }),
  }
}
