// @vitest-environment jsdom

import { AssistantRuntimeProvider, MessagePrimitive, ThreadPrimitive, useLocalRuntime } from '@assistant-ui/react'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { createElement, useMemo } from 'react'
import { openInReact } from './open-in-react.ts'
import { sse } from './support.ts'
import { testChatClient } from './test-chat-client.ts'

const protocol = {
  questionIn: ({ messages }: { messages: { content: { text: string }[] }[] }) =>
    messages.at(-1)?.content[0]?.text ?? '',
  answer: (text: string) => text.split(/(?= )/).map(word => sse({ text: word })),
}

const Answer = () => createElement(MessagePrimitive.Parts)

testChatClient(
  'assistant-ui (#2869, #5862, #7821)',
  protocol,
  openInReact((fetch, { api }) => {
    const model = useMemo(
      () => ({
        async *run({ messages, abortSignal }: { messages: readonly unknown[]; abortSignal: AbortSignal }) {
          const body = JSON.stringify({ messages })
          const answer = await fetch(api, { method: 'POST', body, signal: abortSignal })
          const events = answer.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
          let text = ''
          for await (const { data } of events ?? []) {
            text += JSON.parse(data).text
            yield { content: [{ type: 'text' as const, text }] }
          }
        },
      }),
      [fetch, api],
    )
    const runtime = useLocalRuntime(model)
    return {
      say: text => runtime.thread.append(text),
      stop: () => runtime.thread.cancelRun(),
      answers: createElement(
        AssistantRuntimeProvider,
        { runtime },
        createElement(ThreadPrimitive.Messages, { components: { UserMessage: () => null, AssistantMessage: Answer } }),
      ),
    }
  }),
)
