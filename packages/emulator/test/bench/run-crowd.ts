import { startEmulator } from '@warm-agent/emulator'
import { createCalls, nodeAgent, sessionNamed } from '../harness.ts'

/** So many sessions at once, each called three times. @returns how many answers were wrong or did not come */
export async function runCrowd(sessions: number): Promise<number> {
  const emulator = await startEmulator({ agent: nodeAgent })
  const { report } = createCalls(emulator.env)
  const pids = new Map<number, string>()
  let wrong = 0

  async function visit(name: string): Promise<void> {
    for (let call = 1; call <= 3; call++) {
      const { pid, calls, headers } = await report(name)
      const owner = pids.get(pid) ?? name
      pids.set(pid, owner)
      const session = headers['x-amzn-bedrock-agentcore-runtime-session-id']
      if (owner !== name || calls !== call || session !== sessionNamed(name)) wrong++
    }
  }

  const visits = Array.from({ length: sessions }, (_, index) => visit(`crowd${index}x`))
  const outcomes = await Promise.allSettled(visits)
  wrong += outcomes.filter(({ status }) => status === 'rejected').length
  await emulator.close()
  return wrong
}
