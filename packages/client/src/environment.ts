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
   * from, or put into the back/forward cache), or has returned from there. @returns what ends it.
   */
  onPageChange(listener: (hasLeft: boolean) => void): () => void
  /** Where the page is: what relative URLs resolve against, and its own origin, which a server lacks. */
  page(): { baseURI: string; location: { origin?: string } }
}

/**
 * Not `unload` and `beforeunload`, which break the back/forward cache; not `focus`, which dialogs and devtools fire.
 * `freeze` and `resume` tell nothing that a late timer does not.
 */
const pageEvents = ['visibilitychange', 'pageshow', 'pagehide']

/** The browser. On a server it is a page that nobody sees and that never changes. */
export const browserEnvironment: Environment = {
  now: () => Date.now(),
  random: Math.random,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  isVisible: () => globalThis.document?.visibilityState === 'visible',
  onPageChange(listener) {
    const controller = new AbortController()
    const options = { capture: true, signal: controller.signal }
    for (const type of pageEvents) {
      // In the capture phase the window hears what the document alone is told.
      globalThis.window?.addEventListener(type, () => listener(type === 'pagehide'), options)
    }
    return () => controller.abort()
  },
  page: () => globalThis.document ?? { baseURI: 'http://localhost', location: {} },
}
