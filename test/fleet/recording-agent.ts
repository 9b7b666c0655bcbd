import { createEchoAgent, type SimulatedAgent, type SimulatedCall, type SimulatedVm } from '@warm-agent/emulator'
import type { Upset } from './fleet-plan.ts'

/** What a browser sends. */
export interface FleetMessage {
  id: string
  browser: number
  pieces: number
  upset: Upset
}

/** A message that the agent was given. */
export interface Run {
  id: string
  browser: number
  sessionId: string
  atMs: number
}

type State = { nonce?: string }

const pieceEveryMs = 20

/** An agent that keeps a list of what it was given, beyond the end of its VMs. */
export function createRecordingAgent() {
  const runs: Run[] = []
  const echo = createEchoAgent()

  async function* answer({ id, pieces }: FleetMessage, vm: SimulatedVm<State>) {
    for (let piece = 1; piece <= pieces; piece++) {
      await vm.sleep(pieceEveryMs)
      yield `data: ${JSON.stringify({ id, piece })}\n\n`
    }
    yield `data: ${JSON.stringify({ id, isLast: true })}\n\n`
  }

  const agent: SimulatedAgent<State> = {
    setUp: () => ({}),
    async invoke(call: SimulatedCall, vm) {
      const said = call.json() as FleetMessage | { type: 'warmup' }
      if (!('id' in said)) return echo.invoke(call, vm)
      const sessionId = String(call.headers['x-amzn-bedrock-agentcore-runtime-session-id'])
      runs.push({ id: said.id, browser: said.browser, sessionId, atMs: Date.now() })
      if (said.upset === 'crashes') {
        vm.exit(1)
        // Nothing comes after it.
        await vm.sleep(0)
      }
      if (said.upset === 'fails') return { status: 500, body: '{"error":"as it was told to"}' }
      return answer(said, vm)
    },
  }
  return { agent, runs }
}

/** Whether the whole answer to that message is there, and nobody else's. */
export function isAnswerTo(id: string, text: string): 'whole' | 'partial' | 'foreign' {
  const ids = [...text.matchAll(/"id":"([^"]+)"/g)].map(([, found]) => found)
  if (ids.some(found => found !== id)) return 'foreign'
  return text.endsWith('"isLast":true}\n\n') ? 'whole' : 'partial'
}
