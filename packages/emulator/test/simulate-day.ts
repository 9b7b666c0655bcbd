import { createSimulatedRuntime, createVirtualClock, type Ledger } from '@warm-agent/emulator'

const dayMs = 86_400_000
const message = { body: new TextEncoder().encode('{"prompt":"hi"}'), contentType: 'application/json', accept: '*/*' }

export interface Day {
  totals: Ledger['totals']
  /** How long it was on the virtual clock. */
  hours: number
}

/** A day on V2: so many users, each warms a session and sends five messages in as many minutes; every second one leaves politely. */
export async function simulateDay(sessions: number, seed: number): Promise<Day> {
  const clock = createVirtualClock()
  const startedAt = clock.now()
  const runtime = createSimulatedRuntime({ clock, platform: 'v2', seed })
  const signal = new AbortController().signal

  async function visit(user: number): Promise<void> {
    const session = { id: `user-${String(user).padStart(33, '0')}`, qualifier: 'DEFAULT' }
    await runtime.invoke(session, runtime.warmUpRequest(`nonce-${user}`), signal)
    for (let sent = 0; sent < 5; sent++) {
      await clock.sleep(60_000)
      await runtime.invoke(session, message, signal)
    }
    if (user % 2 === 0) await runtime.stop(session)
  }

  for (let user = 0; user < sessions; user++) clock.setTimeout(() => void visit(user), (user * dayMs) / sessions)
  await clock.run()
  return { totals: runtime.ledger().totals, hours: (clock.now() - startedAt) / 3_600_000 }
}
