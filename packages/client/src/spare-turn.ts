import type { Environment } from './environment.ts'
import type { Hold } from './state.ts'

/** A spare on its way from one tab to another. */
export interface GivenSpare extends Pick<Hold, 'lease' | 'touchedAtMs'> {
  ticket: string
}

/** What tabs say to each other. `to` names the tab that is answered. */
interface TabMessage {
  kind: 'ask' | 'ping' | 'answer'
  from: string
  to?: string
  spare?: GivenSpare | undefined
}

interface TurnListeners {
  /** It is this tab's turn to hold the spare. */
  onTurn(): void
  /** Another tab's user speaks first. @returns the spare, which is then theirs. */
  onAsked(): GivenSpare | undefined
  /** This tab was frozen, and another one has taken its turn. */
  onStolen(): void
}

/** A tab in the same browser answers within a few milliseconds, unless it is frozen. */
const answerMs = 200
const pulseMs = 1000

/**
 * The turn to hold an unsent spare: one tab of a browser has it at a time, the others wait in line. A tab that closes or
 * crashes loses it by itself. Without Web Locks every tab has its own.
 */
export function createSpareTurn(environment: Environment, key: string, { onTurn, onAsked, onStolen }: TurnListeners) {
  const name = `warm-agent spare ${key}`
  const from = `${environment.now()} ${environment.random()}`
  let endTurn: (() => void) | undefined
  let queue: AbortController | undefined
  let onAnswer: ((message?: TabMessage) => void) | undefined
  let channel: ReturnType<Environment['channel']>

  function onMessage(message: TabMessage) {
    if (message.to === from) onAnswer?.(message)
    else if (endTurn && !message.to) {
      const spare = message.kind === 'ask' ? onAsked() : undefined
      channel?.post({ kind: 'answer', from, to: message.from, spare } satisfies TabMessage)
      if (spare) end()
    }
  }

  /** @returns the answer of the tab whose turn it is, if it gives one. */
  async function ask(kind: 'ask' | 'ping', timeoutMs: number): Promise<TabMessage | undefined> {
    let stopTimer = () => {}
    const answer = await new Promise<TabMessage | undefined>(resolve => {
      onAnswer = resolve
      stopTimer = environment.after(timeoutMs, () => resolve(undefined))
      channel?.post({ kind, from } satisfies TabMessage)
    })
    stopTimer()
    return answer
  }

  function wait(locks: Pick<LockManager, 'request'>, options: LockOptions) {
    const turn = () =>
      new Promise<void>(resolve => {
        queue = undefined
        endTurn = resolve
        onTurn()
      })
    locks.request(name, options, turn).catch(() => {
      // Ours was aborted while it waited, or stolen while it was held.
      if (!endTurn) return
      endTurn = undefined
      onStolen()
    })
  }

  function end() {
    endTurn?.()
    endTurn = undefined
  }

  return {
    /** Waits for the turn, and takes it from a tab that gives no sign of life. */
    async take() {
      const locks = environment.locks()
      if (!locks) return onTurn()
      if (endTurn) return
      channel ??= environment.channel(name, message => onMessage(message as TabMessage))
      if (!queue) {
        queue = new AbortController()
        wait(locks, { signal: queue.signal })
      }
      const mine = queue
      if ((await ask('ping', pulseMs)) || mine !== queue || !mine) return
      mine.abort()
      queue = undefined
      wait(locks, { steal: true })
    },
    /** Gives the turn to the next tab. */
    end,
    /** Waits no longer, and hears no more. */
    leave() {
      end()
      queue?.abort()
      queue = undefined
      channel?.close()
      channel = undefined
    },
    /** @returns the spare of the tab whose turn it is, if this one waits for its turn. It then waits no longer. */
    async askForSpare(): Promise<GivenSpare | undefined> {
      if (!queue) return
      queue.abort()
      queue = undefined
      return (await ask('ask', answerMs))?.spare
    },
  }
}
