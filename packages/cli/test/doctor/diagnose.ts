import {
  type EmulatorOptions,
  type SimulatedAnswer,
  type SimulatedCall,
  type SimulatedVm,
  startEmulator,
} from '@warm-agent/emulator'
import { onTestFinished, vi } from 'vitest'
import type { CheckReport } from '../../src/doctor/check-report.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { type Captured, runCaptured } from '../run-captured.ts'

export interface Diagnosed extends Captured {
  /** The ids of what was found. */
  ids: string[]
  findings: (Finding & { check: string })[]
  check(name: string): CheckReport | undefined
}

/** Runs `warm-agent doctor --json` with these variables. */
export async function diagnose(env: Record<string, string | undefined>, ...args: string[]): Promise<Diagnosed> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const captured = await runCaptured('doctor', '--json', ...args)
  const { stdout } = captured
  vi.unstubAllEnvs()
  const { findings = [], checks = [] } = stdout.startsWith('{') ? JSON.parse(stdout) : {}
  return {
    ...captured,
    findings,
    ids: (findings as Finding[]).map(({ id }) => id),
    check: name => (checks as CheckReport[]).find(({ check }) => check === name),
  }
}

/** An emulator that is gone when the test is; its agent keeps the contract unless another is given. */
export async function emulate(options: Partial<EmulatorOptions> = {}) {
  const emulator = await startEmulator({ agent: goodAgent(), ...options })
  onTestFinished(() => emulator.close())
  return { emulator, env: { ...emulator.env, AGENT_RUNTIME_AUTH: undefined, AWS_PROFILE: undefined } }
}

/** Answers a warm-up with the first nonce, and a message with what `answer` says. */
export function goodAgent(answer: () => AsyncIterable<string> | string = () => '{"text":"hi"}') {
  return {
    setUp: (): { nonce?: string } => ({}),
    invoke(call: SimulatedCall, { state }: SimulatedVm<{ nonce?: string }>): SimulatedAnswer {
      const { type, nonce } = call.json() as { type?: string; nonce?: string }
      if (type !== 'warmup') return answer()
      state.nonce ??= nonce
      return JSON.stringify({ status: 'warm', nonce: state.nonce })
    },
  }
}
