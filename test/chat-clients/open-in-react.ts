import { render } from '@testing-library/react'
import { useWarmAgentSession } from '@warm-agent/react'
import { createElement, Fragment, type ReactNode, StrictMode, useEffect, useMemo } from 'react'
import type { Chat, ChatPage, OpenChat } from './support.ts'

/** What a library's hooks give a component. */
export interface ChatHook {
  say(text: string): unknown
  stop(): unknown
  /** The agent's answers, and nothing else. */
  answers: ReactNode
}

/** A component as the README shows it: the session's hook, then the library's, in StrictMode. */
export function openInReact(useLibrary: (fetch: typeof globalThis.fetch, page: ChatPage) => ChatHook): OpenChat {
  return (page, greeting) => {
    const current = {} as { chat: ChatHook; session: ReturnType<Chat['session']>; close(): Promise<void> }

    function Page() {
      // Read here, as a page does that shows them: the hook renders for nothing else.
      const { fetch: handOff, close, status, outcome } = useWarmAgentSession(page.options)
      const fetch = useMemo(() => page.lend(handOff), [handOff])
      const chat = useLibrary(fetch, page)
      useEffect(() => {
        Object.assign(current, { chat, close, session: { status, outcome } })
      })
      // biome-ignore lint/correctness/useExhaustiveDependencies: once
      useEffect(() => {
        if (greeting) chat.say(greeting)
      }, [])
      return createElement('div', null, chat.answers)
    }

    // StrictMode rehearses an unmount, at which some libraries stop what the first effect has sent.
    const mode = greeting ? Fragment : StrictMode
    const { container, unmount } = render(createElement(mode, null, createElement(Page)))
    return {
      say: text => void current.chat.say(text),
      stop: () => void current.chat.stop(),
      shown: () => container.textContent,
      session: () => current.session,
      async leave() {
        await current.close()
        unmount()
      },
    }
  }
}
