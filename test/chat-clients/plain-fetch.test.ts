// @vitest-environment jsdom

import { EventSourceParserStream } from 'eventsource-parser/stream'
import { openInPage, sse } from './support.ts'
import { testChatClient } from './test-chat-client.ts'

const protocol = {
  questionIn: (body: { prompt: string }) => body.prompt,
  answer: (text: string) => [...text.split(/(?= )/).map(word => sse({ text: word })), sse('[DONE]')],
}

/** A chat without a library: POST, and read the events. */
testChatClient(
  'plain fetch',
  protocol,
  openInPage((fetch, { api }) => {
    let controller = new AbortController()
    let shown = ''
    return {
      async say(prompt) {
        controller = new AbortController()
        const { signal } = controller
        const { body } = await fetch(api, { method: 'POST', body: JSON.stringify({ prompt }), signal })
        const events = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()) ?? []
        for await (const { data } of events) if (data !== '[DONE]') shown += JSON.parse(data).text
      },
      stop: () => controller.abort(),
      shown: () => shown,
    }
  }),
)
