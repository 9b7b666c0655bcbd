import type { Visit } from './fleet-plan.ts'
import type { Observations, SentMessage } from './observations.ts'

/** What the platform may do to a message so that nobody may send it again. The user is told, and nothing else. */
const toldOfFaults = new Set(['agent_failed', 'agent_unavailable'])

/**
 * @param isPartial Some messages were still under way: faults may have hit them.
 * @returns what went wrong with messages: none may be lost, run twice, or answered with another one's answer.
 */
export function judgeMessages(
  { messages, runs, faults }: Observations,
  visits: readonly Visit[],
  isPartial: boolean,
): string[] {
  const ranOf = new Map<string, number>()
  for (const { id } of runs) ranOf.set(id, (ranOf.get(id) ?? 0) + 1)
  const upsetOf = new Map(
    visits.flatMap(({ browser, messages }) => messages.map(({ upset }, index) => [`${browser}-${index}`, upset])),
  )
  const isUpset = ({ id }: SentMessage) => upsetOf.get(id) !== 'none'
  const wrongs = messages.flatMap(message => {
    const wrong = wrongWith(message, ranOf.get(message.id) ?? 0)
    return wrong ? [`Message ${message.id} (upset: ${upsetOf.get(message.id)}) ${wrong}.`] : []
  })

  const told = messages.filter(({ saw }) => saw === 'refused')
  const unknown = messages.filter(({ saw }) => saw === 'unknown').length
  const unexplained = told.filter(message => !isUpset(message)).length - faults.ofMessages
  if (unexplained > 0) wrongs.push(`${unexplained} messages were answered with an error that nothing had caused.`)
  const hidden = faults.ofMessages - told.length - unknown
  if (hidden > 0 && !isPartial)
    wrongs.push(`${hidden} messages were sent again after a fault that leaves open whether they had run.`)
  const cuts = messages.filter(message => message.saw === 'cut' && !isKilled(message)).length - faults.cuts
  if (cuts > 0) wrongs.push(`${cuts} answers were cut by nobody but a living proxy.`)
  return wrongs
}

function wrongWith(message: SentMessage, ran: number): string | undefined {
  const { saw, code, status, proxy } = message
  if (ran > 1) return `was run ${ran} times`
  switch (saw) {
    case 'answered':
      return ran === 1 ? undefined : 'was answered, and the agent had never seen it'
    case 'cut':
      return ran === 1 ? undefined : 'was answered in part, and the agent had never seen it'
    case 'short':
      return 'had an answer that was cut and passed itself off as whole'
    case 'foreign':
      return "was answered with another message's answer"
    case 'unknown':
      return isKilled(message) ? undefined : `had its connection broken by ${proxy.origin}, which was not killed`
    case 'refused':
      return toldOfFaults.has(code ?? '') ? undefined : `was refused with ${status} ${code}`
    default:
      return saw satisfies never
  }
}

function isKilled({ proxy, sentAtMs }: SentMessage): boolean {
  return proxy.killedAtMs !== undefined && proxy.killedAtMs >= sentAtMs - 1_000
}
