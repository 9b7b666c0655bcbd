import type { SimulatedAgent } from './simulated-agent.ts'
import { readNonce } from './warm-up.ts'

/**
 * An agent of few words that keeps the contract of a warm-up: it answers `{"type":"warmup","nonce"}` with the first
 * nonce that its VM saw, and everything else with `{}`.
 *
 * @param answerMs how long it takes to answer a message, in milliseconds. @default 0
 */
export function createEchoAgent({ answerMs = 0 }: { answerMs?: number } = {}): SimulatedAgent<{ nonce?: string }> {
  return {
    setUp: () => ({}),
    async invoke(call, { state, sleep }) {
      const text = call.text()
      const nonce = readNonce(text)
      if (nonce === undefined) {
        if (answerMs > 0) await sleep(answerMs)
        return '{}'
      }
      state.nonce ??= nonce
      return JSON.stringify({ status: 'warm', nonce: state.nonce })
    },
  }
}
