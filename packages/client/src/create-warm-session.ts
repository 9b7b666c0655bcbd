import { defaultBasePath } from '@warm-agent/protocol'
import { pageKey } from './early-flight.ts'
import { browserEnvironment, type Environment } from './environment.ts'
import { createHandOff } from './hand-off.ts'
import { createHolding } from './holding.ts'
import { createHttpTransport } from './http-transport.ts'
import { createKeptLease } from './kept-lease.ts'
import { createMounting } from './mounting.ts'
import { refuse, type WarmSessionOptions } from './options.ts'
import { createPresence } from './presence.ts'
import { createSending } from './sending.ts'
import { createSessionCore, parkMs } from './session-core.ts'
import { createSpareTurn, type GivenSpare } from './spare-turn.ts'
import { liveHold } from './state.ts'
import { createTriggers } from './triggers.ts'
import type { WarmSession } from './warm-session.ts'
import { createWarming } from './warming.ts'
import { createWireHeaders } from './wire-headers.ts'

/** @throws Error that names the option that is unknown or makes no sense. */
export function createWarmSession(options: WarmSessionOptions = {}): WarmSession {
  const {
    endpoint: givenEndpoint = defaultBasePath,
    agent,
    headers,
    fetch: givenFetch,
    enabled = true,
    warmOn = 'open',
    target: givenTarget,
    warmOnSaveData,
    hiddenHoldMs = 120_000,
    holdWhile = 'open',
    keepOnReload = true,
    onEvent,
    transport: givenTransport,
    environment = browserEnvironment,
    ...unknown
  } = options
  for (const [name, value] of Object.entries({ fetch: givenFetch, onEvent, ...unknown })) {
    if (value !== undefined && (name in unknown || typeof value !== 'function')) refuse(name, value)
  }
  if (!/^(open|visible|intent|manual)$/.test(warmOn)) refuse('warmOn', warmOn)
  if (!/^(open|active)$/.test(holdWhile)) refuse('holdWhile', holdWhile)
  if (!(hiddenHoldMs >= 0)) refuse('hiddenHoldMs', hiddenHoldMs)

  const wiring = {
    endpoint: toEndpoint(givenEndpoint, environment),
    agent,
    headers: createWireHeaders(headers),
    fetch: ((input, init) => (givenFetch ?? globalThis.fetch)(input, init)) as typeof globalThis.fetch,
  }
  const transport = givenTransport ?? createHttpTransport(wiring)
  const core = createSessionCore(environment, transport, onEvent, () => {
    wake()
    if (!/^warm/.test(core.state.status)) turn.end()
  })
  const key = pageKey(wiring.endpoint, agent)
  const keptLease = createKeptLease(environment, key, parkMs)

  const { presence, look, start, stop } = createPresence(environment, holdWhile === 'active', {
    onLeft() {
      // A lock would keep other tabs waiting for a page in the back/forward cache.
      turn.leave()
      const hold = liveHold(core.state)
      const { ticket } = core.held
      if (!ticket || !hold) return
      // The proxy stops it soon, unless the page returns, or the next one in this tab takes it up.
      core.held.isParked = true
      void core.dispose(ticket, { afterMs: parkMs, keepalive: true })
      const isSent = core.state.status === 'active'
      if (keepOnReload) keptLease.keep({ ...hold, ticket, isSent, leftAtMs: environment.now() })
    },
    onTurned(isVisible) {
      // Back from the back/forward cache: what was kept is this page's own again, or that of a page that was left after it.
      const kept = isVisible && keptLease.take()
      if (kept && core.held.isParked) core.held.ticket = kept.ticket
      core.dispatch({ type: isVisible ? 'page-shown' : 'page-hidden' })
    },
    onStirred() {
      if (presence.isVisible && core.state.isPaused) core.dispatch({ type: 'heartbeat-resumed' })
      else wake()
      triggers.set()
    },
  })

  const { wake, expire } = createHolding(
    core,
    () => ({ hasLeft: presence.hasLeft, awayTooLongAtMs: presence.awayAtMs + hiddenHoldMs }),
    () => triggers.set(),
  )

  const warmUp = createWarming(core, wake)

  function canWarm() {
    const { status, outcome } = core.state
    // A conversation that was lost waits to go on with its own session.
    const isFree = status === 'idle' || (status === 'expired' && !outcome)
    return presence.isVisible && isFree && !core.pending && (warmOnSaveData || !environment.savesData())
  }

  const triggers = createTriggers(environment, canWarm, () => void turn.take())

  const turn = createSpareTurn(environment, key, {
    onTurn() {
      if (canWarm()) void warm()
      else turn.end()
    },
    onHeard: () => wake(),
    onAsked() {
      const hold = liveHold(core.state)
      const { ticket } = core.held
      if (!hold || !ticket || core.pending) return
      const { lease, touchedAtMs } = hold
      core.held.flight?.abort()
      core.held = {}
      core.dispatch({ type: 'spare-given' })
      triggers.set()
      return { ticket, lease, touchedAtMs }
    },
    onStolen() {
      void core.letGo()
      core.dispatch({ type: 'session-expired', reason: 'hold' })
    },
  })

  const sending = createSending(core, agent, {
    async onWithout() {
      const spare = await turn.askForSpare()
      if (!spare) return
      if (core.state.status === 'warming' || core.held.ticket) await core.dispose(spare.ticket)
      else adopt(spare, false)
    },
    onForgotten: () => expire('refused', true),
    onHeld: attach,
  })

  function attach() {
    begin()
    look()
  }

  /** From the first use on, until the session is closed: watches the page, and takes up what the page before has left. */
  function begin() {
    start()
    const kept = keepOnReload && core.state.status === 'idle' && !core.held.ticket && keptLease.take()
    if (!kept) return
    adopt(kept, kept.isSent)
    // Whether it lives, a beat will tell.
    core.held.isParked = true
    wake()
  }

  function adopt({ ticket, lease, touchedAtMs }: GivenSpare, isSent: boolean) {
    const { beatMs, ttlMs } = lease
    core.held = { ticket }
    const holdMs = lease.atMs + lease.holdMs - environment.now()
    core.dispatch({ type: 'lease-adopted', beatMs, ttlMs, holdMs, touchedAtMs, isSent })
  }

  async function warm() {
    begin()
    const warmed = warmUp()
    look()
    await warmed
  }

  function close(): Promise<void> {
    triggers.clear()
    turn.leave()
    stop()
    const gone = core.letGo()
    core.dispatch({ type: 'session-closed' })
    return gone
  }

  const enter = createMounting(environment, close)

  return {
    store: core.store,
    warm,
    fetch: createHandOff(wiring, environment, sending.send),
    handoff: sending.handoff,
    getHeaders: sending.getHeaders,
    close,
    mount(trigger = enabled ? warmOn : 'manual', target = givenTarget) {
      const leave = enter()
      const unset = triggers.add(trigger, target)
      attach()
      return () => {
        unset()
        leave()
      }
    },
  }
}

function toEndpoint(given: string | URL, environment: Environment): string {
  try {
    const { origin, pathname } = new URL(given, environment.page().baseURI)
    return origin + pathname.replace(/\/+$/, '')
  } catch {
    return refuse('endpoint', given)
  }
}
