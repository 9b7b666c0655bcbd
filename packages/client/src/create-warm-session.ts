import { defaultBasePath } from '@warm-agent/protocol'
import { pageKey } from './early-flight.ts'
import { browserEnvironment, type Environment } from './environment.ts'
import { createHttpTransport } from './http-transport.ts'
import { createMounting } from './mounting.ts'
import { refuse, type WarmSessionOptions } from './options.ts'
import { createOwnedLease } from './owned-lease.ts'
import { createPresence } from './presence.ts'
import { createSending } from './sending.ts'
import { createSessionCore, parkMs } from './session-core.ts'
import { createSpareTurn } from './spare-turn.ts'
import { liveHold } from './state.ts'
import type { WarmSession } from './warm-session.ts'
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
  const core = createSessionCore(
    environment,
    givenTransport ?? createHttpTransport(wiring),
    onEvent,
    () => {
      lease.keep()
      core.wake()
      if (!/^warm/.test(core.state.status)) turn.leave()
    },
    () => presence.awayAtMs + hiddenHoldMs,
    () => setTriggers(),
  )
  const key = pageKey(wiring.endpoint, agent)
  const lease = createOwnedLease(core, environment, key, keepOnReload)
  let token: Promise<unknown> | undefined

  const presence = createPresence(environment, holdWhile === 'active', {
    onLeft(isFreezing) {
      const { held } = core
      // A frozen page keeps its conversation: no copy of its tab may take it.
      if (held.isLeft || (isFreezing && held.isOwn)) return
      // A lock would keep other tabs waiting for a page in the back/forward cache.
      turn.leave()
      if (held.ticket && liveHold(core.state)) {
        lease.keep(environment.now())
        held.isLeft = true
        // The proxy stops it soon, unless the page returns, or another one takes it up.
        void core.dispose(held.ticket, { afterMs: parkMs, keepalive: true })
      } else if (!held.isOwn) core.giveUp()
      lease.disown()
    },
    onTurned(isVisible) {
      core.dispatch({ type: isVisible ? 'page-shown' : 'page-hidden' })
    },
    onStirred() {
      if (presence.isVisible && core.held.isLeft) void lease.comeBack()
      if (lease.isTaken()) core.giveUp()
      if (presence.isVisible && core.state.isPaused) core.dispatch({ type: 'heartbeat-resumed' })
      else core.wake()
      setTriggers()
    },
  })

  function canWarm() {
    const { status, outcome } = core.state
    // A conversation that was lost waits to go on with its own session.
    const isFree = status === 'idle' || (status === 'expired' && !outcome)
    return (
      presence.isVisible && isFree && !lease.adopting && !core.pending && (warmOnSaveData || !environment.savesData())
    )
  }

  const { enter, setTriggers, clearTriggers } = createMounting(environment, canWarm, fire, close)

  async function fire() {
    // A login token that is still to come is waited for, however long.
    token = wiring.headers.pending()
    if (token) await token
    turn.take()
  }

  const turn = createSpareTurn(environment, key, async (isShared, over) => {
    if (isShared && (await lease.takeOver(() => !over.aborted && canWarm()))) return
    if (over.aborted) return
    if (canWarm()) void warm(!isShared)
    else turn.leave()
  })

  const sending = createSending(
    wiring,
    core,
    environment,
    async () => {
      await token
      await lease.adopting
      await turn.known
    },
    () => lease.claim(turn.isWaiting()),
    attach,
  )

  function attach() {
    begin()
    presence.look()
  }

  /** From the first use on, until the session is closed: watches the page, and takes up what the page before has left. */
  function begin() {
    presence.start()
    lease.takeUp(() => setTriggers())
  }

  async function warm(isOwn = true) {
    begin()
    if (lease.adopting) await lease.adopting
    const warmed = core.warmUp(isOwn)
    presence.look()
    await warmed
  }

  function close(): Promise<void> {
    clearTriggers()
    turn.leave()
    presence.stop()
    const gone = core.letGo()
    core.dispatch({ type: 'session-closed' })
    return gone
  }

  return {
    store: core.store,
    ...sending,
    warm: () => warm(),
    close,
    mount(trigger = enabled ? warmOn : 'manual', target = givenTarget) {
      const leave = enter(trigger, target)
      attach()
      return leave
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
