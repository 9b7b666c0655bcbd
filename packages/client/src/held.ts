/** A page that was left is stopped that much later, unless it returns. */
export const parkMs = 30_000

/** The session in hand. Its identity tells results that come late from those that are current. */
export interface Held {
  /** Its first ticket: what the pages of a browser know the session by. */
  id?: string | undefined
  ticket?: string | undefined
  /** The warm-up or the beat that is in the air: one at a time. */
  flight?: AbortController | undefined
  /** Settles when the warm-up has ended. */
  opened?: Promise<void>
  /** No other tab may take it: it is a conversation's, or was asked for here. */
  isOwn?: boolean
  /** Settles when it is known whether no other page has it. */
  owned?: Promise<true | undefined> | undefined
  /** The page was left, so the proxy may stop the session. */
  isLeft?: boolean
  /** Whether it lives is not sure: a beat asks then. */
  retryAtMs?: number | undefined
}
