'use client'

import type { WarmSession } from '@warm-agent/client'
import { dollarsOf, echoFootprintGb, type Platform, prices } from '@warm-agent/protocol/prices'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState, useSyncExternalStore } from 'react'
import type { Devtools } from './create-devtools.ts'
import { toHistory } from './history.ts'
import { PhaseBar } from './phase-bar.tsx'
import { style } from './style.ts'
import { tellEvent } from './tell-event.ts'

export interface WarmAgentDevtoolsProps {
  devtools: Devtools
  /** What the hook gave: its `warm` and `close` are behind the buttons. */
  session: Pick<WarmSession, 'warm' | 'close'>
  /**
   * What the microVM's memory costs by.
   * @default 'v2'
   */
  platform?: Platform
  /**
   * What the agent occupies, in GB.
   * @default what an echo agent occupies on `platform`: see `echoFootprintGb` of `@warm-agent/protocol/prices`
   */
  footprintGb?: number
  /** @default false */
  isOpen?: boolean
  /** For a Content-Security-Policy that allows style elements by nonce. @default none */
  nonce?: string
}

const none: never[] = []

/** A panel in the corner of the page: what the session is, what happened to it, what it cost, and buttons that make trouble for it. */
export function WarmAgentDevtools({
  devtools,
  session,
  platform = 'v2',
  footprintGb = echoFootprintGb[platform],
  isOpen: opensOpen = false,
  nonce,
}: WarmAgentDevtoolsProps) {
  const events = useSyncExternalStore(devtools.subscribe, devtools.events, () => none)
  const isOffline = useSyncExternalStore(devtools.subscribe, devtools.isOffline, () => false)
  const [isOpen, setOpen] = useState(opensOpen)
  const [failure, setFailure] = useState('')
  const toggle = useRef<HTMLButtonElement>(null)
  const panelId = useId()
  const nowMs = useClock(isOpen && events.length > 0)
  const { phases, heldMs, beats, joins } = toHistory(events, nowMs)
  const status = phases.at(-1)?.status ?? 'idle'
  const dollars = dollarsOf({ heldMs, gb: footprintGb }, prices[platform])

  function closeByKey(event: KeyboardEvent) {
    if (event.key !== 'Escape' || !isOpen) return
    setOpen(false)
    toggle.current?.focus()
  }

  async function expire() {
    setFailure('')
    await devtools.expire().catch((error: Error) => setFailure(error.message))
  }

  return (
    <aside className="warm-agent-devtools" aria-label="warm-agent devtools" onKeyDown={closeByKey}>
      <style nonce={nonce}>{style}</style>
      <button
        ref={toggle}
        type="button"
        className="wa-toggle"
        aria-expanded={isOpen}
        aria-controls={panelId}
        onClick={() => setOpen(!isOpen)}
      >
        <i className={`wa-dot wa-${status}`} />
        warm-agent
      </button>
      {isOpen && (
        <div className="wa-panel" id={panelId}>
          <p className="wa-now" role="status">
            <i className={`wa-dot wa-${status}`} />
            Session <b>{status}</b>
            {isOffline && ', network held off'}
          </p>
          <PhaseBar phases={phases} />
          <dl>
            <Figure name="Held">{(heldMs / 1000).toFixed(0)} s</Figure>
            <Figure
              name="Cost"
              title={`Memory of ${footprintGb} GB on ${platform}; the CPU of an idle microVM is free.`}
            >
              ${dollars.toFixed(5)}
            </Figure>
            <Figure name="Beats">{beats}</Figure>
            <Figure name="Joins">{joins}</Figure>
          </dl>
          <div className="wa-buttons">
            <button type="button" onClick={() => void session.warm()}>
              Warm
            </button>
            <button type="button" onClick={() => void expire()}>
              Expire
            </button>
            <button type="button" onClick={() => void session.close()}>
              Close
            </button>
            <button type="button" aria-pressed={isOffline} onClick={() => devtools.setOffline(!isOffline)}>
              Offline
            </button>
          </div>
          {failure && <p role="alert">{failure}</p>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls has to be reached by keyboard */}
          <ol aria-label="Events, the newest first" tabIndex={0}>
            {[...events].reverse().map((event, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: events only ever join at one end
              <li key={events.length - index}>
                <time>{new Date(event.atMs).toTimeString().slice(0, 8)}</time> {tellEvent(event)}
              </li>
            ))}
          </ol>
        </div>
      )}
    </aside>
  )
}

function Figure({ name, title, children }: { name: string; title?: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{children}</dd>
    </div>
  )
}

/** The time of day, once a second while somebody looks. */
function useClock(runs: boolean): number {
  const [nowMs, setNowMs] = useState(0)
  useEffect(() => {
    if (!runs) return
    const tick = () => {
      setNowMs(Date.now())
      timer = setTimeout(tick, 1000)
    }
    let timer = setTimeout(tick, 0)
    return () => clearTimeout(timer)
  }, [runs])
  return nowMs
}
