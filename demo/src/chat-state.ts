import type { Outcome } from '@warm-agent/protocol'
import type { Source } from '../answer-chunk.ts'

/** One question and its answer. Times are on the page's clock, in milliseconds since it was opened. */
export interface Turn {
  id: number
  prompt: string
  phase: 'waiting' | 'streaming' | 'answered' | 'failed'
  text: string
  sources: Source[]
  /** How many earlier questions a microVM that was new to the conversation had to load. */
  reloaded?: number
  sentAtMs: number
  /** From Enter to the first token. */
  firstTokenMs?: number
  outcome?: Outcome
  error?: string
}

export type ChatAction =
  | { type: 'asked'; prompt: string; atMs: number }
  | { type: 'outcome-known'; outcome: Outcome }
  | { type: 'text-arrived'; text: string; atMs: number }
  | { type: 'answered'; sources: Source[]; reloaded: number }
  | { type: 'failed'; error: string }

/** The turns of one chat, oldest first. Only the last one can be unfinished; what comes for a finished one is ignored. */
export function chatReducer(turns: readonly Turn[], action: ChatAction): readonly Turn[] {
  const last = turns.at(-1)
  if (action.type === 'asked') {
    if (isUnfinished(last)) return turns
    const { prompt, atMs } = action
    return [...turns, { id: turns.length, prompt, phase: 'waiting', text: '', sources: [], sentAtMs: atMs }]
  }
  if (!last || !isUnfinished(last)) return turns
  return [...turns.slice(0, -1), advance(last, action)]
}

export function isUnfinished(turn: Turn | undefined): boolean {
  return turn?.phase === 'waiting' || turn?.phase === 'streaming'
}

function advance(turn: Turn, action: Exclude<ChatAction, { type: 'asked' }>): Turn {
  switch (action.type) {
    case 'outcome-known':
      return { ...turn, outcome: action.outcome }
    case 'text-arrived': {
      const firstTokenMs = turn.firstTokenMs ?? action.atMs - turn.sentAtMs
      return { ...turn, phase: 'streaming', text: turn.text + action.text, firstTokenMs }
    }
    case 'answered':
      return { ...turn, phase: 'answered', sources: action.sources, reloaded: action.reloaded }
    case 'failed':
      return { ...turn, phase: 'failed', error: action.error }
    default:
      action satisfies never
      return turn
  }
}
