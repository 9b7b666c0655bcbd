import { sse } from './support.ts'

export interface GraphMessage {
  type: string
  content: string
}

interface RunInput {
  input: { messages: GraphMessage[] }
  config: { configurable: { thread_id: string } }
}

const threads = new Map<string, GraphMessage[]>()

/** A run in stream mode `values`: each event is the whole state of the thread. */
export const langGraphStream = {
  questionIn: ({ input }: RunInput) => input.messages.at(-1)?.content ?? '',
  answer(text: string, { input, config }: RunInput) {
    const { thread_id: id } = config.configurable
    const asked = [...(threads.get(id) ?? []), ...input.messages]
    const stateWith = (content: string) => [...asked, { type: 'ai', content }]
    threads.set(id, stateWith(text))
    const words = text.split(/(?= )/)
    return [
      sse({ run_id: '1' }, 'metadata'),
      ...words.map((_, index) => sse({ messages: stateWith(words.slice(0, index + 1).join('')) }, 'values')),
    ]
  },
}

export function answersIn(messages: readonly { type: string; content: unknown }[]): string {
  return messages.map(({ type, content }) => (type === 'ai' ? String(content) : '')).join('')
}
