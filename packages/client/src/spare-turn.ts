import type { Environment } from './environment.ts'
import type { Hold } from './state.ts'

/** A spare on its way from one tab to another. */
export interface GivenSpare extends Pick<Hold, 'lease' | 'touchedAtMs'> {
  ticket: string
}

/** A question to the tab whose turn it is: is it alive; may I have the spare? */
type Question = 'ping' | 'ask'

/** What tabs say to each other. An answer names the tab `to` which it goes. */
interface TabMessage {
  question: Question
  from: string
  to?: string
  spare?: GivenSpare | undefined
}

interface TurnListeners {
  /** It is this tab's turn to hold the spare. */
  onTurn(): void
  /** Another tab asks something of the one whose turn it is. */
  onHeard(): void
  /** Another tab's user speaks first. @returns the spare, which is then theirs. */
  onAsked(): GivenSpare | undefined
  /** This tab was frozen, and another one has taken its turn. */
  onStolen(): void
}

/** A tab in the same browser answers within a few milliseconds, unless it is frozen. */
const answerMs = 200
const pulseMs = 1000
/** How often a tab that waits looks whether the other one is still alive. */
const watchMs = 3000
/** The answer of a tab that gives up its turn may come a little after the turn. */
const lateAnswerMs = 50

/**
 * The turn to hold an unsent spare: one tab of a browser has it at a time, the others wait in line. A tab that closes or
 * crashes loses it by itself. Without Web Locks every tab has its own.
 */
export function createSpareTurn(
  environment: Environment,
  key: string,
  { onTurn, onHeard, onAsked, onStolen }: TurnListeners,
) {
  const name = `spare of ${key}`
  const from = `${environment.now()} ${environment.random()}`
  let endTurn: (() => void) | undefined
  let queue: AbortController | undefined
  let channel: ReturnType<Environment['channel']>
  let stopWatching: (() => void) | undefined
  const waiting = new Map<Question, (answer?: TabMessage) => void>()

  function onMessage(message: TabMessage) {
    const { question, from: asker, to } = message
    if (to === from) waiting.get(question)?.(message)
    if (to || !endTurn) return
    // Chromium lets a frozen page hear, but stops its timers: its spare, and so its turn, may be over without its knowing.
    onHeard()
    if (!endTurn) return
    const spare = question === 'ask' ? onAsked() : undefined
    channel?.post({ question, from, to: asker, spare } satisfies TabMessage)
    if (spare) end()
  }

  /** @returns the answer of the tab whose turn it is, if it gives one in time. */
  async function ask(question: Question, timeoutMs: number): Promise<TabMessage | undefined> {
    let stopTimer = () => {}
    const answer = await new Promise<TabMessage | undefined>(resolve => {
      waiting.set(question, resolve)
      stopTimer = environment.after(timeoutMs, () => resolve(undefined))
      channel?.post({ question, from } satisfies TabMessage)
    })
    stopTimer()
    waiting.delete(question)
    return answer
  }

  function wait(locks: Pick<LockManager, 'request'>, options: LockOptions) {
    const turn = () =>
      new Promise<void>(resolve => {
        queue = undefined
        endTurn = resolve
        // A message that is about to be sent asks for a spare: it decides when it knows.
        const hurry = waiting.get('ask')
        if (hurry) environment.after(lateAnswerMs, () => hurry())
        else onTurn()
      })
    locks.request(name, options, turn).catch(error => {
      if (error?.name !== 'AbortError') {
        // A page without an origin of its own, in a sandboxed frame, may not share locks.
        queue = undefined
        return onTurn()
      }
      // Ours was aborted while it waited, or stolen while it was held.
      if (!endTurn) return
      endTurn = undefined
      onStolen()
    })
  }

  /** Takes the turn from a tab that gives no sign of life: it is frozen, and does not know. */
  async function watch(locks: Pick<LockManager, 'request'>) {
    stopWatching?.()
    if (waiting.has('ping')) return
    const mine = queue
    const isAlive = await ask('ping', pulseMs)
    if (!mine || mine !== queue) return
    if (isAlive) {
      stopWatching = environment.after(watchMs, () => void watch(locks))
      return
    }
    mine.abort()
    queue = undefined
    wait(locks, { steal: true })
  }

  function end() {
    endTurn?.()
    endTurn = undefined
  }

  return {
    /** Waits for the turn. */
    take() {
      const locks = environment.locks()
      if (!locks) return onTurn()
      if (endTurn) return
      channel ??= environment.channel(name, message => onMessage(message as TabMessage))
      if (!queue) {
        queue = new AbortController()
        wait(locks, { signal: queue.signal })
      }
      void watch(locks)
    },
    /** Gives the turn to the next tab. */
    end,
    /** Waits no longer, and hears no more. */
    leave() {
      end()
      stopWatching?.()
      queue?.abort()
      queue = undefined
      channel?.close()
      channel = undefined
    },
    /** @returns the spare of the tab whose turn it is, if this one waits for its turn and that comes no sooner. */
    async askForSpare(): Promise<GivenSpare | undefined> {
      if (!queue) return
      const spare = (await ask('ask', answerMs))?.spare
      if (!spare && endTurn) onTurn()
      return spare
    },
  }
}
