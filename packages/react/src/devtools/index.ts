'use client'

import type { FunctionComponent } from 'react'
import type { Devtools, WarmAgentDevtoolsProps } from './production.ts'
import * as shown from './production.ts'

export type { Devtools, WarmAgentDevtoolsProps }

declare const process: { env: { NODE_ENV?: string } }

/** By the word that React goes by. Where nothing tells it, as in a browser without a bundler, nothing is shown and nothing throws. */
function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== 'production'
  } catch {
    return false
  }
}

const none: never[] = []
const untouched: Devtools = {
  watch: (options = {}) => options,
  events: () => none,
  subscribe: () => () => {},
  expire: async () => {},
  isOffline: () => false,
  setOffline() {},
}
const hidden = { createDevtools: () => untouched, WarmAgentDevtools: () => null }

// The condition inside is a constant to every bundler, which then drops `shown`. Rollup would not after `&&`, nor in the `try`.
const chosen = isDevelopment() ? (process.env.NODE_ENV === 'production' ? hidden : shown) : hidden

/**
 * Makes what the panel shows. In a production build it does nothing, and `watch` gives its options back.
 * @example
 * const devtools = createDevtools()
 * const session = useWarmAgentSession(devtools.watch({ endpoint: '/api/agent' }))
 * <WarmAgentDevtools devtools={devtools} session={session} />
 */
export const createDevtools: () => Devtools = chosen.createDevtools

/** The panel in the corner of the page; in a production build it renders nothing. */
export const WarmAgentDevtools: FunctionComponent<WarmAgentDevtoolsProps> = chosen.WarmAgentDevtools
