import { fileURLToPath } from 'node:url'
import { conversationOf, warmable } from '@warm-agent/agent'
import { BedrockAgentCoreApp, type RequestContext } from 'bedrock-agentcore/runtime'
import * as z from 'zod'
import type { AnswerChunk } from '../answer-chunk.ts'
import { compose } from './compose.ts'
import { readDocumentation } from './documentation.ts'
import { asksForHistory, createHistory, tellHistory } from './history.ts'
import { paced } from './pace.ts'
import { createSearch } from './search.ts'
import { splitIntoSections } from './sections.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const history = createHistory()
let search: ReturnType<typeof createSearch> = () => []

const app = new BedrockAgentCoreApp({
  invocationHandler: warmable({
    requestSchema: z.object({ prompt: z.string().trim().min(1).max(2000) }),
    onWarm: () => {
      search = createSearch(readDocumentation(root).flatMap(splitIntoSections))
    },
    process: async function* ({ prompt }, { headers }: RequestContext): AsyncGenerator<AnswerChunk> {
      const conversation = conversationOf(headers)
      const { questions, isReloaded } = conversation
        ? await history.recall(conversation)
        : { questions: [], isReloaded: false }
      if (conversation) await history.add(conversation, prompt)
      const { text, sources } = asksForHistory(prompt)
        ? { text: tellHistory(questions), sources: [] }
        : compose(prompt, search(prompt))
      for await (const token of paced(text)) yield { text: token }
      yield { done: true, sources, reloaded: isReloaded ? questions.length : 0 }
    },
  }),
  config: { logging: { enabled: false } },
})

// With a port it runs on this machine, for the emulator; without one on AgentCore, which asks at 0.0.0.0:8080.
app.run(process.env.PORT ? { port: Number(process.env.PORT), host: '127.0.0.1' } : {})
