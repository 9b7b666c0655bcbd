import { defaultBasePath } from '@warm-agent/protocol'
import { pageKey } from './early-flight.ts'
import { browserEnvironment, type Environment } from './environment.ts'
import { createHandOff } from './hand-off.ts'
import { createHolding } from './holding.ts'
import { createHttpTransport } from './http-transport.ts'
import { createMounting } from './mounting.ts'
import { refuse, type WarmSessionOptions } from './options.ts'
import { createOwnedLease, type KeptLease } from './owned-lease.ts'
import { createPresence } from './presence.ts'
import { createSending } from './sending.ts'
import { createSessionCore, type Held, parkMs } from './session-core.ts'
import { createSpareTurn } from './spare-turn.ts'
import { liveHold } from './state.ts'
import { createTriggers } from './triggers.ts'
import type { WarmSession } from './warm-session.ts'
import { createWarming } from './warming.ts'
import { createWireHeaders } from './wire-headers.ts'

/** A beat that overtook the notice that the page was left would be undone by it. */
const whenToAsk = ({ leftAtMs = 0 }: KeptLease) => leftAtMs + 250

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
    lease.keep()
    wake()
    if (!/^warm/.test(core.state.status)) turn.leave()
  })
  const key = pageKey(wiring.endpoint, agent)
  const lease = createOwnedLease(core, key, parkMs, keepOnReload)
  let token: Promise<unknown> | undefined
  /** The lease of the page before is being taken up. */
  let adopting: Promise<void> | undefined

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
      } else if (!held.isOwn) giveUp()
      lease.disown()
    },
    onTurned(isVisible) {
      core.dispatch({ type: isVisible ? 'page-shown' : 'page-hidden' })
    },
    onStirred() {
      if (presence.isVisible && core.held.isLeft) comeBack()
      if (lease.isTaken()) giveUp()
      if (presence.isVisible && core.state.isPaused) core.dispatch({ type: 'heartbeat-resumed' })
      else wake()
      triggers.set()
    },
  })

  const { wake, expire } = createHolding(
    core,
    () => presence.awayAtMs + hiddenHoldMs,
    () => triggers.set(),
  )

  const warmUp = createWarming(core, wake)

  function canWarm() {
    const { status, outcome } = core.state
    // A conversation that was lost waits to go on with its own session.
    const isFree = status === 'idle' || (status === 'expired' && !outcome)
    return presence.isVisible && isFree && !adopting && !core.pending && (warmOnSaveData || !environment.savesData())
  }

  const triggers = createTriggers(environment, canWarm, async () => {
    // A login token that is still to come is waited for, however long.
    token = wiring.headers.pending()
    if (token) await token
    turn.take()
  })

  const turn = createSpareTurn(environment, key, async isShared => {
    const found = isShared && lease.find(false)
    if (found) {
      const { id, ticket } = found
      if ((await lease.isFree(id)) && canWarm()) return adopt({ id, ticket, askAtMs: whenToAsk(found) }, found)
    }
    if (canWarm()) void warm(!isShared)
    else turn.leave()
  })

  const sending = createSending(core, agent, {
    async untilReady() {
      await token
      await adopting
      await turn.known
    },
    claim,
    onForgotten: () => expire('refused', true),
    onHeld: attach,
  })

  /** Makes the session in hand this page's own, or else the spare of another tab, if this one waits for its turn to hold it. */
  async function claim() {
    const { held } = core
    if (held.ticket) {
      if (await lease.own(held)) held.isOwn = true
      else if (held === core.held) giveUp()
      return
    }
    const found = turn.isWaiting() && !core.pending && core.state.status !== 'warming' && lease.find(false)
    if (!found) return
    const { id, ticket } = found
    const mine: Held = { id, ticket, isOwn: true }
    if (!(await lease.own(mine)) || held !== core.held) return
    lease.remove(false)
    adopt(mine, found)
  }

  function attach() {
    begin()
    presence.look()
  }

  /** From the first use on, until the session is closed: watches the page, and takes up what the page before has left. */
  function begin() {
    presence.start()
    const found =
      keepOnReload && !adopting && core.state.status === 'idle' && !core.held.ticket && lease.find(true)
    if (!found) return
    const { id, ticket } = found
    const mine: Held = { id, ticket, isOwn: true, askAtMs: whenToAsk(found) }
    adopting = lease.own(mine).then(isMine => {
      adopting = undefined
      if (isMine && core.state.status === 'idle') adopt(mine, found)
      else lease.remove(true)
      triggers.set()
    })
  }

  function adopt(mine: Held, { lease: { beatMs, ttlMs, holdMs, atMs }, touchedAtMs, isSent }: KeptLease) {
    core.held = mine
    const leftMs = atMs + holdMs - environment.now()
    core.dispatch({ type: 'lease-adopted', beatMs, ttlMs, holdMs: leftMs, touchedAtMs, isSent })
  }

  /** Back from the back/forward cache, or from being frozen. */
  async function comeBack() {
    const { held } = core
    if (!held.isOwn) return giveUp()
    const found = lease.find(true)
    // The page that was left after this one may have renewed it.
    if (found?.id === held.id) held.ticket = found?.ticket
    Object.assign(held, { isLeft: false, askAtMs: 0, owned: undefined })
    if (!(await lease.own(held)) && held === core.held) giveUp()
  }

  /** Another tab has the session, or may have it. */
  function giveUp() {
    core.held.flight?.abort()
    core.held = {}
    core.dispatch({ type: 'spare-given' })
  }

  async function warm(isOwn = true) {
    begin()
    if (adopting) await adopting
    const warmed = warmUp(isOwn)
    presence.look()
    await warmed
  }

  function close(): Promise<void> {
    triggers.clear()
    turn.leave()
    presence.stop()
    const gone = core.letGo()
    core.dispatch({ type: 'session-closed' })
    return gone
  }

  const enter = createMounting(environment, close)

  return {
    store: core.store,
    warm: () => warm(),
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
