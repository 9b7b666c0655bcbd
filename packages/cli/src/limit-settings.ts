import type { ProxyLimits } from '@warm-agent/proxy'
import { decimal, given, integer, setting, type Values } from './settings.ts'

const most = Number.MAX_SAFE_INTEGER
/** In milliseconds. A timer cannot wait longer than the greatest. */
const duration = integer(1, 2 ** 31 - 1, undefined)

/** The limits of the proxy, under the names that they have there. For warmth's sake no message is refused. */
export const limitSettings = {
  'warm-agent-live-sessions-per-caller': setting('COUNT', 'live sessions of one caller', integer(0, most, undefined), {
    variable: 'WARM_AGENT_LIVE_SESSIONS_PER_CALLER',
    defaultText: '20',
  }),
  'warm-agent-warm-ups-per-caller-per-minute': setting(
    'COUNT',
    'warm-ups of one caller in a minute',
    integer(0, most, undefined),
    { variable: 'WARM_AGENT_WARM_UPS_PER_CALLER_PER_MINUTE', defaultText: '30' },
  ),
  'warm-agent-warm-ups-per-second': setting(
    'COUNT',
    'warm-ups of all callers in a second; sessions that messages start come off it first',
    decimal(0, most),
    { variable: 'WARM_AGENT_WARM_UPS_PER_SECOND', defaultText: '20, 80 % of the quota for new sessions' },
  ),
  'warm-agent-warm-ups-at-once': setting('COUNT', 'warm-ups in flight', integer(0, most, undefined), {
    variable: 'WARM_AGENT_WARM_UPS_AT_ONCE',
    defaultText: '250',
  }),
  'warm-agent-calls-per-second': setting(
    'COUNT',
    'calls to the platform beyond which warm-ups and beats wait',
    decimal(0, most),
    { variable: 'WARM_AGENT_CALLS_PER_SECOND', defaultText: '800, 80 % of the quota' },
  ),
  'warm-agent-unsent-dollars-per-day': setting(
    'DOLLARS',
    'what sessions that no message came for may cost in a day',
    decimal(0, most),
    { variable: 'WARM_AGENT_UNSENT_DOLLARS_PER_DAY', defaultText: '50' },
  ),
  'warm-agent-unsent-dollars-per-hour': setting(
    'DOLLARS',
    'what it costs to hold one such session for an hour',
    decimal(0, most),
    { variable: 'WARM_AGENT_UNSENT_DOLLARS_PER_HOUR', defaultText: '0.0203, for 1.2 GB on v2' },
  ),
  'warm-agent-body-bytes': setting('BYTES', 'the largest message', integer(1, most, undefined), {
    variable: 'WARM_AGENT_BODY_BYTES',
    defaultText: '10485760',
  }),
  'warm-agent-messages-at-once-per-caller': setting(
    'COUNT',
    'messages of one caller in flight in this process; one more is refused',
    integer(1, most, undefined),
    { variable: 'WARM_AGENT_MESSAGES_AT_ONCE_PER_CALLER', defaultText: '2048' },
  ),
  'warm-agent-unsent-hold-ms': setting('MS', 'how long a session is held that no message came for', duration, {
    variable: 'WARM_AGENT_UNSENT_HOLD_MS',
    defaultText: '900000',
  }),
  'warm-agent-park-ms': setting('MS', 'how long a session is kept whose page left while it was warming', duration, {
    variable: 'WARM_AGENT_PARK_MS',
    defaultText: '30000',
  }),
  'warm-agent-beat-ms': setting('MS', 'how often pages touch a held session', duration, {
    variable: 'WARM_AGENT_BEAT_MS',
    defaultText: '60 % of the idle timeout',
  }),
  'warm-agent-warm-timeout-ms': setting('MS', 'how long a warm-up may take, and a message that joins it', duration, {
    variable: 'WARM_AGENT_WARM_TIMEOUT_MS',
    defaultText: '60000',
  }),
  'warm-agent-message-timeout-ms': setting(
    'MS',
    'how long a message may wait for the first byte of its answer',
    duration,
    { variable: 'WARM_AGENT_MESSAGE_TIMEOUT_MS', defaultText: '900000' },
  ),
}

export function limitsFrom(values: Values<typeof limitSettings>): Partial<ProxyLimits> {
  return given({
    liveSessionsPerCaller: values['warm-agent-live-sessions-per-caller'],
    warmUpsPerCallerPerMinute: values['warm-agent-warm-ups-per-caller-per-minute'],
    warmUpsPerSecond: values['warm-agent-warm-ups-per-second'],
    warmUpsAtOnce: values['warm-agent-warm-ups-at-once'],
    callsPerSecond: values['warm-agent-calls-per-second'],
    unsentDollarsPerDay: values['warm-agent-unsent-dollars-per-day'],
    unsentDollarsPerHour: values['warm-agent-unsent-dollars-per-hour'],
    bodyBytes: values['warm-agent-body-bytes'],
    messagesAtOncePerCaller: values['warm-agent-messages-at-once-per-caller'],
    unsentHoldMs: values['warm-agent-unsent-hold-ms'],
    parkMs: values['warm-agent-park-ms'],
    beatMs: values['warm-agent-beat-ms'],
    warmTimeoutMs: values['warm-agent-warm-timeout-ms'],
    messageTimeoutMs: values['warm-agent-message-timeout-ms'],
  } satisfies Record<Exclude<keyof ProxyLimits, 'store'>, number | undefined>)
}
