import { createWarmSession } from '@warm-agent/client'
import { defaultBasePath, headerNames, type Outcome, routes } from '@warm-agent/protocol'
import { useWarmAgentSession } from '@warm-agent/react'
import { createDevtools } from '@warm-agent/react/devtools'
import { useReducer, useRef, useState } from 'react'
import { conversationHeader } from '../conversation-header.ts'
import { chatReducer, isUnfinished } from './chat-state.ts'
import type { Lane } from './lanes.ts'
import { readAnswer } from './read-answer.ts'
import { refusalOf } from './refusal.ts'
import type { TimelineEvent } from './timeline-state.ts'

const append = (events: readonly TimelineEvent[], event: TimelineEvent) => [...events, event]

/** One chat: its session, its turns and what happened to both. Times count from `startedAtMs`. */
export function useLane(lane: Lane, startedAtMs: number) {
  const [turns, dispatch] = useReducer(chatReducer, [])
  const [events, appendEvent] = useReducer(append, [{ lane, type: 'page-opened', atMs: 0 }])
  const now = () => performance.now() - startedAtMs
  const record = (type: TimelineEvent['type']) => appendEvent({ lane, type, atMs: now() })

  const [devtools] = useState(createDevtools)
  const [session] = useState(() =>
    createWarmSession(
      devtools.watch({
        warmOn: lane === 'warm' ? 'open' : 'manual',
        // A reload shows two empty chats: it begins again.
        keepOnReload: false,
        onEvent: ({ type }) => record(type),
      }),
    ),
  )
  const { status, error, fetch, close } = useWarmAgentSession({ session })
  const hasLeft = useRef(false)
  // It outlives every microVM that answers in it.
  const [conversation] = useState(() => crypto.randomUUID())

  const ask = async (prompt: string, atMs: number) => {
    dispatch({ type: 'asked', prompt, atMs })
    record('asked')
    try {
      const answer = await fetch(defaultBasePath + routes.message.path, {
        method: routes.message.method,
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          [conversationHeader]: conversation,
        },
        body: JSON.stringify({ prompt }),
      })
      if (hasLeft.current) return await answer.body?.cancel()
      if (!answer.ok || !answer.body) throw new Error(await refusalOf(answer))
      const outcome = answer.headers.get(headerNames.outcome) as Outcome | null
      if (outcome) dispatch({ type: 'outcome-known', outcome })
      let isFirst = true
      const { sources, reloaded } = await readAnswer(answer.body, text => {
        if (isFirst) record('first-token')
        isFirst = false
        dispatch({ type: 'text-arrived', text, atMs: now() })
      })
      record('answer-ended')
      dispatch({ type: 'answered', sources, reloaded })
    } catch (problem) {
      record('answer-ended')
      dispatch({ type: 'failed', error: problem instanceof Error ? problem.message : String(problem) })
    }
  }

  /**
   * Ends the conversation and stops its microVM. A message on its way is not aborted: its answer names the microVM that it
   * started, and the client stops that one too.
   */
  const leave = () => {
    hasLeft.current = true
    void close()
  }

  /** Ends the microVM and nothing else: the next message goes on with the conversation on another one. */
  const endMicroVm = () => void close()

  return {
    lane,
    turns,
    events,
    devtools,
    session,
    status,
    error,
    isBusy: isUnfinished(turns.at(-1)),
    ask,
    leave,
    endMicroVm,
  }
}
