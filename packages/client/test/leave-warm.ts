import { startMounted } from './start.ts'

/** A page that is warm, and then left: what it leaves in the tab, and the time when the notice of that has arrived. */
export async function leaveWarm(options: { isSent?: boolean } = {}) {
  const tab = new Map<string, string>()
  const page = await startMounted({}, { tab })
  await page.warmUp()
  if (options.isSent) await page.ask()
  await page.environment.leave()
  return { tab, nowMs: page.environment.now() + 250, page }
}
