// @vitest-environment jsdom

import { Client } from '@langchain/langgraph-sdk'
import { answersIn, type GraphMessage, langGraphStream } from './langgraph-protocol.ts'
import { openInPage } from './support.ts'
import { testChatClient } from './test-chat-client.ts'

/** It has paths of its own below `apiUrl`, so the app's chat route answers, whose server asks the proxy for the session. */
testChatClient(
  'LangGraph client',
  langGraphStream,
  openInPage(fetch => {
    const client = new Client({
      apiUrl: `${location.origin}/api/langgraph`,
      apiKey: null,
      // Its own default of four retries may send a message again that the agent has seen.
      callerOptions: { fetch, maxRetries: 0 },
    })
    const config = { configurable: { thread_id: crypto.randomUUID() } }
    let controller = new AbortController()
    let state: { messages?: GraphMessage[] } = {}
    return {
      async say(content) {
        controller = new AbortController()
        const run = client.runs.stream(null, 'agent', {
          input: { messages: [{ type: 'human', content }] },
          config,
          streamMode: 'values',
          signal: controller.signal,
        })
        for await (const { event, data } of run) if (event === 'values') state = data as typeof state
      },
      stop: () => controller.abort(),
      shown: () => answersIn(state.messages ?? []),
    }
  }),
)
