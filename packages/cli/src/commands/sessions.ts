import type { LedgerEntry, SessionLedger } from '@warm-agent/proxy'
import { answered, openRedis, redisSettings } from '../redis.ts'
import { formatSessions, tagOf } from '../sessions-table.ts'
import { integer, isOn, list, readSettings, setting } from '../settings.ts'
import { UsageError } from '../usage-error.ts'

const settings = {
  ...redisSettings,
  stop: setting('TAGS', 'stop these sessions, comma-separated, or all; a proxy of the fleet has to run', list, {
    defaultText: 'none: list them',
  }),
  'wait-seconds': setting('SECONDS', 'how long to wait until they are stopped', integer(1, 3_600, 30), {
    defaultText: '30',
  }),
  json: { help: 'a line of JSON for each, instead of a table', read: isOn },
}

/** `warm-agent sessions`: AgentCore lists no sessions, the ledger of the proxies does. */
export async function sessions(args: string[]): Promise<number | undefined> {
  const values = readSettings('warm-agent sessions [options]', settings, args)
  if (!values) return undefined
  const url = values['warm-agent-redis-url']
  if (!url) {
    throw new UsageError(
      'Could not list the sessions: WARM_AGENT_REDIS_URL (or --warm-agent-redis-url) is not set, and a proxy without ' +
        'Redis keeps its list to itself. Set it here and for the proxies.',
    )
  }
  const { ledger, close } = await openRedis(url, false)
  try {
    const found = await asked('list the sessions', entriesOf(ledger))
    if (values.stop) return await stop(ledger, found, values.stop, values['wait-seconds'] * 1000)
    process.stdout.write(formatSessions(found, Date.now(), values.json))
    return undefined
  } finally {
    close()
  }
}

const asked = <T>(task: string, answer: Promise<T>) => answered(task, 'WARM_AGENT_REDIS_URL', answer)

async function entriesOf(ledger: SessionLedger): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const entry of ledger.list()) entries.push(entry)
  return entries.sort((one, other) => one.bornAt - other.bornAt)
}

/**
 * Makes the sessions due at once, so that the reaper of the fleet stops them: this command itself needs no AWS credentials.
 * That includes sessions that a proxy has begun to stop, because it may have failed.
 *
 * @returns the exit status: 1 when some were not stopped in time.
 */
async function stop(ledger: SessionLedger, found: LedgerEntry[], tags: string[], waitMs: number): Promise<number> {
  const isAll = tags.includes('all')
  const wanted = found.filter(entry => isAll || tags.includes(tagOf(entry)))
  for (const tag of tags) {
    if (isAll || wanted.some(entry => tagOf(entry) === tag)) continue
    throw new UsageError(`Could not stop ${tag}: no such session is held. Run warm-agent sessions to see which are.`)
  }
  const giveUpAt = Date.now() + waitMs
  let left = 0
  for (const entry of wanted) await makeDue(ledger, entry, giveUpAt)
  for (const entry of wanted) {
    const isStopped = await untilStopped(ledger, entry, giveUpAt)
    process.stdout.write(`${tagOf(entry)} ${isStopped ? 'stopped' : 'not stopped'}\n`)
    if (!isStopped) left++
  }
  if (left === 0) return 0
  process.stderr.write(
    `Could not stop ${left} of ${wanted.length} sessions in time: no proxy of the fleet did it. See whether one runs, and its log.\n`,
  )
  return 1
}

async function makeDue(ledger: SessionLedger, entry: LedgerEntry, endsAt: number): Promise<void> {
  for (let current: LedgerEntry | undefined = entry; current && current.state !== 'ended'; ) {
    const writing = ledger.write({
      ...current,
      version: current.version + 1,
      // In this state no touch and no answer keeps it any longer.
      state: 'ending',
      heldUntil: Date.now(),
      // Past `endsAt` the reaper takes a session for ended, and does not stop it.
      endsAt: Math.max(current.endsAt, endsAt),
    })
    const result = await asked('stop the sessions', writing)
    if (result.is !== 'changed') return
    current = result.current
  }
}

/** How often the ledger is asked, in milliseconds. */
const pollMs = 250

async function untilStopped(ledger: SessionLedger, { session }: LedgerEntry, giveUpAt: number): Promise<boolean> {
  for (;;) {
    const entry = await asked('see whether the sessions are stopped', ledger.read(session))
    if (!entry || entry.state === 'ended') return true
    if (Date.now() >= giveUpAt) return false
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}
