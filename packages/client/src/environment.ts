/** When to warm up without being asked. */
export type WarmTrigger = 'open' | 'visible' | 'intent' | 'manual'

/** The world around a session. Replace it in tests. */
export interface Environment {
  /** Wall clock, in milliseconds: it goes on while the machine sleeps. */
  now(): number
  /** Calls back once, `delayMs` milliseconds later. @returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void
  /** From 0 to 1. */
  random(): number
  /** Whether the user can see the page. */
  isVisible(): boolean
  /**
   * Calls back when something may have changed: the page was shown, hidden, left (`hasLeft`: closed, navigated away
   * from, or put into the back/forward cache), or has returned from there; it is about to be frozen (`isFreezing`); another
   * tab has written to what the browser remembers. @returns what ends it.
   */
  onPageChange(listener: (hasLeft: boolean, isFreezing: boolean) => void): () => void
  /**
   * Calls back once, when the trigger fires.
   *
   * @param target What to watch: the whole page unless it is given; nothing fires while it is `null`, which is not there yet.
   * @returns what ends the watch.
   */
  onTrigger(trigger: WarmTrigger, target: Element | null | undefined, fire: () => void): () => void
  /** Calls back at every sign of life. @returns what ends it. */
  onActivity(listener: () => void): () => void
  /** Whether the user asked to save data. */
  savesData(): boolean
  /** What this tab remembers over a reload, or all tabs of the browser share; nothing where that is forbidden. */
  storage(of: 'tab' | 'browser'): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined
  /** The locks that the tabs of a browser share, where there are any. */
  locks(): Pick<LockManager, 'request' | 'query'> | undefined
  /** Where the page is: what relative URLs resolve against, and its own origin, which a server lacks. */
  page(): { baseURI: string; location: { origin?: string } }
}

/** Not `unload` and `beforeunload`, which break the back/forward cache; not `focus`, which dialogs and devtools fire. */
const pageEvents = ['visibilitychange', 'pageshow', 'pagehide', 'freeze', 'resume', 'storage']
const activityEvents = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'scroll']
const intentEvents = ['pointerenter', 'pointerleave', 'pointerdown', 'focusin', 'keydown']
/** What is longer fires at once. */
const longestTimerMs = 2 ** 31 - 1
/** How long a pointer rests on what it means. */
const restMs = 65

/**
 * @param capture The window hears what the document or a part of it alone is told; an element is entered as a whole.
 * @returns what ends it.
 */
function listen(
  target: EventTarget | undefined,
  types: string[],
  listener: (event: Event) => void,
  capture?: boolean,
): () => void {
  // Without a signal: where tests run in jsdom it may be of another make than the target.
  const options = { capture, passive: true }
  for (const type of types) target?.addEventListener(type, listener, options)
  return () => {
    for (const type of types) target?.removeEventListener(type, listener, options)
  }
}

/**
 * Firefox ends the script that runs when a background tab is closed, at its next loop: the listener it is in, and no other (seen
 * in 153 ESR: 7 of 16 pages could not say that they left). This one is there for that, ahead of the one that has to say so.
 */
function spin() {
  for (let step = 20_000; step; ) step--
}

/** The browser. On a server it is a page that nobody sees and that never changes. */
export const browserEnvironment: Environment = {
  now: () => Date.now(),
  random: Math.random,
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestTimerMs))
    return () => clearTimeout(timer)
  },
  isVisible: () => globalThis.document?.visibilityState === 'visible',
  onPageChange(listener) {
    let hasLeft = false
    const hear = ({ type }: Event) => {
      // A page that is left is hidden after that.
      hasLeft = type === 'pagehide' || (hasLeft && type !== 'pageshow')
      listener(hasLeft, type === 'freeze')
    }
    const ends = [
      listen(globalThis.window, ['pagehide'], spin, true),
      listen(globalThis.window, pageEvents, hear, true),
    ]
    return () => {
      for (const end of ends) end()
    }
  },
  onTrigger(trigger, target, fire) {
    let end = () => {}
    const go = () => {
      end()
      fire()
    }
    if (target === null && trigger !== 'open') return end
    if (trigger === 'visible' && target) {
      const observer = new IntersectionObserver(entries => entries.some(entry => entry.isIntersecting) && go())
      observer.observe(target)
      end = () => observer.disconnect()
    } else if (trigger === 'intent') {
      let rest: ReturnType<typeof setTimeout> | undefined
      const stop = listen(target ?? document.documentElement, intentEvents, ({ type }) => {
        clearTimeout(rest)
        if (type === 'pointerenter') rest = setTimeout(go, restMs)
        else if (type !== 'pointerleave') go()
      })
      end = () => {
        stop()
        clearTimeout(rest)
      }
    } else go()
    return end
  },
  onActivity: listener => listen(globalThis.window, activityEvents, listener, true),
  savesData: () =>
    !!(globalThis.navigator as { connection?: { saveData?: boolean } } | undefined)?.connection?.saveData,
  storage(of) {
    try {
      return of === 'tab' ? globalThis.sessionStorage : globalThis.localStorage
    } catch {}
  },
  locks: () => globalThis.navigator?.locks,
  page() {
    const { document, location, origin } = globalThis
    return {
      baseURI: document?.baseURI ?? 'http://localhost',
      // A frame without an address of its own is of the page around it. Not always so: `origin` is any page's to replace.
      location: location?.origin === 'null' ? { origin } : (location ?? {}),
    }
  },
}
