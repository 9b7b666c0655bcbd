import { sse } from './support.ts'

interface Message {
  role: string
  parts: { type: string; text?: string }[]
}

/** The UI message stream, version 1, which AI SDK 5 brought and 6 and 7 speak. */
export const uiMessageStream = {
  questionIn: ({ messages }: { messages: Message[] }) => textOf(messages.at(-1)),
  answer: (text: string) => [
    sse({ type: 'start' }),
    sse({ type: 'text-start', id: '1' }),
    ...text.split(/(?= )/).map(delta => sse({ type: 'text-delta', id: '1', delta })),
    sse({ type: 'text-end', id: '1' }),
    sse({ type: 'finish' }),
    sse('[DONE]'),
  ],
}

export function textOf(message?: Message): string {
  return message?.parts.map(part => part.text ?? '').join('') ?? ''
}
