import { defaultBasePath } from '@warm-agent/protocol'
import { createCarry } from './carry.ts'
import { pageKey } from './early-flight.ts'
import { browserEnvironment } from './environment.ts'
import { parkMs } from './held.ts'
import { createHolding } from './holding.ts'
import { createHttpTransport } from './http-transport.ts'
import { refuse, toEndpoint, type WarmSessionOptions } from './options.ts'
import { createSending } from './sending.ts'
import { createSharing } from './sharing.ts'
import { liveHold, never } from './state.ts'
import type { WarmSession } from './warm-session.ts'
import { createWatching, type Watching } from './watching.ts'
import { createWireHeaders } from './wire-headers.ts'

/** A remount (StrictMode, Suspense, hot reload, a route change) takes less than this. */
const graceMs = 1000

/** @throws Error that names the option that is unknown or makes no sense. */
export function createWarmSession(options: WarmSessionOptions = {}): WarmSession {
  const {
    endpoint: givenEndpoint = defaultBasePath,
    agent,
    user,
    headers: givenHeaders,
    fetch = (input, init) => globalThis.fetch(input, init),
    enabled = true,
    warmOn = 'open',
    target: givenTarget,
    warmOnSaveData,
    hiddenHoldMs = 120_000,
    holdWhile = 'open',
    keepOnReload = true,
    onEvent = () => {},
    environment = browserEnvironment,
    transport: givenTransport,
    ...unknown
  } = options
  for (const [name, value] of Object.entries({ fetch, onEvent, ...unknown })) {
    if (name in unknown ? value !== undefined : typeof value !== 'function') refuse(name, value)
  }
  // As an environment variable gives them.
  for (const [name, value] of Object.entries({ enabled, warmOnSaveData, hiddenHoldMs, keepOnReload })) {
    if (typeof value === 'string') refuse(name, JSON.stringify(value))
  }
  if (!/^(open|visible|intent|manual)$/.test(warmOn)) refuse('warmOn', warmOn)
  if (!/^(open|active)$/.test(holdWhile)) refuse('holdWhile', holdWhile)
  if (!(hiddenHoldMs >= 0)) refuse('hiddenHoldMs', hiddenHoldMs)

  const endpoint = toEndpoint(givenEndpoint, environment)
  const headers = createWireHeaders(givenHeaders)
  const carry = createCarry(fetch)
  const hand = createHolding(
    environment,
    givenTransport ?? createHttpTransport(endpoint, agent, headers, carry),
    awayTooLongAtMs,
    () => sharing,
    onEvent,
  )
  const sharing = createSharing(
    hand,
    environment,
    pageKey(endpoint, agent, user),
    keepOnReload,
    headers,
    () => isHere() && (warmOnSaveData || !environment.savesData()),
    () => {
      // A trigger fires once each time that it is set. None is while nobody watches the page.
      if (undos.length) for (const watching of triggers) watching.set()
    },
  )

  let users = 0
  let stopGrace: (() => void) | undefined
  const triggers = new Set<Watching>()
  /** Whether what has gone last had no trigger, as with `enabled: false`. */
  let isHeldBack = false
  let isVisible = true
  /** Since when the user has been away; while they must show signs of life, since the last one. */
  let awayAtMs = never
  const needsSigns = holdWhile === 'active'
  let undos: (() => void)[] = []

  function noteSign() {
    awayAtMs = isVisible && !needsSigns ? never : environment.now()
  }

  function awayTooLongAtMs() {
    // One in the future was noted before the clock was set back.
    if (awayAtMs < never) awayAtMs = Math.min(awayAtMs, environment.now())
    return awayAtMs + hiddenHoldMs
  }

  const isHere = () => isVisible && environment.now() < awayTooLongAtMs()

  /** Looks at the page: something has changed, or may have while timers slept. */
  function look(isLeft = hand.isLeft, isFreezing = false, isSign = false) {
    const isBack = hand.isLeft && !isLeft
    const wasHere = isHere()
    const wasVisible = isVisible
    hand.isLeft = isLeft
    isVisible = !isLeft && environment.isVisible()
    if (isLeft || isFreezing) sharing.leave(isFreezing)
    if ((isSign && isVisible) || isVisible !== wasVisible) noteSign()
    // Before anything goes by a clock that stood still.
    if (!isLeft) sharing.look(isVisible, isBack)
    if (isVisible !== wasVisible) hand.dispatch({ type: isVisible ? 'page-shown' : 'page-hidden' })
    if (hand.state.isPaused && isHere()) hand.dispatch({ type: 'heartbeat-resumed' })
    else hand.wake()
    if (!wasHere) sharing.offer()
  }

  /** From the first use on, until the session is closed: watches the page, and takes up what the page before has left. */
  function attach() {
    if (!undos.length) {
      noteSign()
      undos = [environment.onPageChange(look)]
      if (needsSigns) undos.push(environment.onActivity(() => look(hand.isLeft, false, true)))
    }
    sharing.takeUp()
    look()
    sharing.offer()
  }

  function close(how = {}): Promise<void> {
    // They are set again when it is used again.
    for (const watching of triggers) watching.end()
    for (const undo of undos) undo()
    undos = []
    // Nobody hears any more that it is back.
    hand.isLeft = false
    hand.conversation = { pending: 0 }
    const gone = hand.end(how)
    hand.dispatch({ type: 'session-closed' })
    return gone
  }

  /** Nobody uses it any more: it is closed when that stays so, and no message is on its way. Its answer may still be read then. */
  function letGo() {
    stopGrace = environment.after(graceMs, () => {
      if (hand.waiting || hand.conversation.pending) letGo()
      else void close(liveHold(hand.state)?.isSent ? { afterMs: parkMs } : {})
    })
  }

  return {
    store: hand.store,
    ...createSending(endpoint, agent, headers, carry, hand, environment, sharing, () => {
      attach()
      // When the page is left its notice has to have them, and nothing else may have asked.
      headers.now()
    }),
    warm() {
      attach()
      return sharing.warm()
    },
    close: () => close(),
    mount(trigger = enabled ? warmOn : 'manual', target = givenTarget) {
      let isIn = true
      // What may begin now, a new login token perhaps, is a reason to try at once what failed without it.
      let forgiven = +isHeldBack
      isHeldBack = false
      const watching = createWatching(environment, trigger, target, () => {
        const isTooSoon = sharing.seek(forgiven)
        forgiven = 0
        return isTooSoon
      })
      users++
      stopGrace?.()
      if (trigger !== 'manual') triggers.add(watching)
      attach()
      return () => {
        triggers.delete(watching)
        watching.end()
        isHeldBack = trigger === 'manual'
        if (isIn && !--users) letGo()
        isIn = false
      }
    },
  }
}
