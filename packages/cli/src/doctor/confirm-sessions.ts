import { dollarsOf, echoFootprintGb, mostBootVcpuSeconds, prices } from '@warm-agent/protocol/prices'
import { confirm } from '../confirm.ts'
import { counted } from '../counted.ts'
import { isLoopback } from '../is-loopback.ts'
import type { DoctorSettings } from './doctor-settings.ts'

/** How long a session lives at most: a slow start, all questions, and a stop. */
const sessionMs = 120_000

/** @returns how many sessions are started at most. */
function sessionsOf({ arn, proxyUrls, ...settings }: DoctorSettings): number {
  if (settings.free) return 0
  return (arn ? (settings['agent-runtime-qualifiers']?.length ?? 1) + 1 : 0) + proxyUrls.length
}

/**
 * Asks before money is spent. An emulator on this machine spends none.
 *
 * @throws UsageError when the answer is no, or nobody is there to give one.
 */
export async function confirmSessions(settings: DoctorSettings): Promise<void> {
  const sessions = sessionsOf(settings)
  if (sessions === 0 || settings.yes || isFree(settings)) return
  const messages = settings['no-message'] ? 0 : (settings.arn ? 1 : 0) + settings.proxyUrls.length
  const platform = settings['agent-runtime-platform'] ?? 'v2'
  const watchedMs = settings['watch-beat'] ? 900_000 : 0
  const usage = {
    heldMs: sessions * (sessionMs + watchedMs),
    gb: echoFootprintGb[platform],
    vcpuMs: sessions * mostBootVcpuSeconds * 1_000,
  }
  const cents = Math.ceil(dollarsOf(usage, prices[platform]) * 100)
  const facts =
    `This starts up to ${counted(sessions, 'session')} on AWS, stops each, and costs at most about ${counted(cents, 'cent')} ($${(cents / 100).toFixed(2)})` +
    (messages > 0 ? `, besides what your agent's own answers to ${counted(messages, 'message')} cost.` : '.')
  await confirm({
    task: 'start the sessions',
    facts,
    question: 'Go on?',
    flags: '--yes, or --free for what costs nothing',
  })
}

/** Only when everything is on this machine: a proxy here may have AWS behind it. */
function isFree({ proxyUrls }: DoctorSettings): boolean {
  const endpoint = process.env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE ?? process.env.AWS_ENDPOINT_URL
  return [endpoint, ...proxyUrls].every(isLoopback)
}
