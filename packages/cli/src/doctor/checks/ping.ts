import { type Finding, inWords, risk, saw, type Verdict, wrong } from '../finding.ts'

/** One answer of `GET /ping`. */
export interface PingAnswer {
  /** Absent when a shell command asked. */
  status?: number | undefined
  body: string
  tookMs?: number | undefined
}

interface Ping {
  status?: unknown
  time_of_last_update?: unknown
}

const contract =
  'AgentCore polls it every 2 s or so: {"status":"Healthy"|"HealthyBusy","time_of_last_update":<unix seconds>}.'
/** Seconds since the epoch have ten digits until the year 2286. */
const mostSeconds = 10_000_000_000
const slowMs = 1_000

/** Whether `/ping` lets the session idle. @param answers A second apart, while no message was being answered. */
export function judgePing(answers: readonly PingAnswer[]): Verdict {
  const pings = answers.map(({ body }) => parse(body))
  const malformed = answers.find(
    ({ status = 200 }, index) => status !== 200 || !['Healthy', 'HealthyBusy'].includes(String(pings[index]?.status)),
  )
  if (malformed || answers.length === 0) {
    return saw('is not what AgentCore asks for', malformedFinding(malformed))
  }
  const times = pings.map(ping => ping?.time_of_last_update)
  const slowest = Math.max(0, ...answers.map(({ tookMs = 0 }) => tookMs))
  return saw(
    `${pings.map(ping => ping?.status).join(', ')}, a second apart`,
    pings.every(ping => ping?.status === 'HealthyBusy') &&
      wrong(
        'ping-always-busy',
        '/ping answers HealthyBusy although nothing runs.',
        'That restarts the idle timer with every poll: a session that its user has left lives for up to 8 h, and costs as long.',
        'Answer HealthyBusy only while work goes on, and Healthy after it, also when it failed.',
      ),
    isAdvancing(times) &&
      wrong(
        'ping-time-advances',
        'time_of_last_update of /ping is a later one with every answer.',
        'It is the time of the last change of status. One that advances restarts the idle timer: sessions live for up to 8 h, and cost as long.',
        'Set it when the status changes, and answer the same until then.',
      ),
    times.some(time => typeof time === 'number' && time > mostSeconds) &&
      wrong(
        'ping-time-in-milliseconds',
        'time_of_last_update of /ping is in milliseconds.',
        `${contract} A time thousands of years ahead is not what it can reckon with.`,
        'Divide by 1,000.',
      ),
    slowest > slowMs &&
      risk(
        'ping-slow',
        `/ping takes ${inWords(slowest)}.`,
        `${contract} An agent that is not ready in time is given up.`,
        'Answer it without waiting for anything, in a thread or process that the work does not block.',
      ),
  )
}

function isAdvancing(times: readonly unknown[]): boolean {
  return (
    times.length > 2 &&
    times.every((time, index) => typeof time === 'number' && (index === 0 || time > Number(times[index - 1])))
  )
}

function malformedFinding(answer: PingAnswer | undefined): Finding {
  const { status = 200, body = '' } = answer ?? {}
  const got = answer ? `${status === 200 ? '' : `status ${status}, `}"${body.slice(0, 100)}"` : 'nothing'
  return wrong(
    'ping-malformed',
    status === 0 ? `Nothing answers /ping: ${body}` : `/ping answers ${got}.`,
    contract,
    'Answer status 200 and {"status":"Healthy"}, as BedrockAgentCoreApp does by itself; with --agent-url see that it is the server of the agent.',
  )
}

function parse(text: string): Ping | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
