import { createWarmPool, type PoolEvent, type PoolStore, type StoredEntry } from '@warm-agent/pool'
import { sessionTag } from '@warm-agent/proxy/runtime-kit'
import { counted } from '../counted.ts'
import { formatSpan } from '../format-span.ts'
import { createLog } from '../log.ts'
import { onEnd } from '../on-end.ts'
import { openPoolStore, poolStoreSettings, refuseWithoutToken } from '../pool-settings.ts'
import { answered } from '../redis.ts'
import { runtimeFrom, runtimeSettings } from '../runtime-settings.ts'
import { isOn, readSettings, type Values } from '../settings.ts'
import { toColumns } from '../text-columns.ts'
import { checking, UsageError } from '../usage-error.ts'

const settings = {
  ...runtimeSettings,
  ...poolStoreSettings,
  drain: { help: 'take all sessions out of the pool and stop them; a proxy that tends it fills it again', read: isOn },
  json: { help: 'a line of JSON for each, instead of a table', read: isOn },
}

/** `warm-agent pool`: what waits in the pool of a fleet. Showing needs no AWS credentials, draining does. */
export async function pool(args: string[]): Promise<number> {
  const values = readSettings('warm-agent pool [options]', settings, args)
  if (!values) return 0
  if (!values['pool-store']) {
    throw new UsageError(
      'Could not look into the pool: WARM_AGENT_POOL_STORE (or --pool-store) is not set, and a pool without Redis is in its ' +
        'own process alone. Set it here and for the proxies.',
    )
  }
  if (values.drain) refuseWithoutToken(values, 'drain the pool')
  const { store: shared, close } = await openPoolStore(values, false)
  // Each runtime has a part of its own in the store: a session can be stopped only on its own runtime.
  const store = shared.ofRuntime?.(values['agent-runtime-arn']) ?? shared
  try {
    if (values.drain) return await drain(store, values)
    process.stdout.write(format(await look(store), Date.now(), values.json))
    return 0
  } finally {
    close()
  }
}

const asked = <T>(task: string, answer: Promise<T>) => answered(task, 'WARM_AGENT_POOL_STORE', answer)

async function look(store: PoolStore): Promise<readonly StoredEntry[]> {
  const { entries, unreadable = 0 } = await asked('look into the pool', store.look())
  if (unreadable > 0) {
    const what = counted(unreadable, 'value')
    process.stderr.write(
      `Dropped from the pool: ${what} without the shape of a session. Let nothing but pools write there.\n`,
    )
  }
  return entries
}

/** @returns the exit status: 1 when some are left, 130 when it was interrupted. */
async function drain(store: PoolStore, values: Values<typeof settings>): Promise<number> {
  const log = createLog()
  const runtime = checking(() => runtimeFrom(values, event => log.endpointEvent(event)))
  const entries = await look(store)
  // Joining a pool makes one's version the current one, so take that of the sessions: the ready ones come first.
  const { version = '1' } = entries[0]?.entry ?? {}
  const onEvent = (event: PoolEvent) => log.poolEvent(event)
  const drained = createWarmPool({ runtime, store, target: 0, version, onEvent })
  let isInterrupted = false
  const close = () => drained.close({ sessions: 'keep' })
  const release = onEnd(
    () => {
      isInterrupted = true
      process.stderr.write(
        '\nFinishing the stops that have begun; no more sessions are taken. Once more ends at once.\n',
      )
      void close()
    },
    () => process.exit(130),
  )
  const count = entries.length === 0 ? 0 : await asked('drain the pool', drained.drain())
  await close()
  release()
  process.stdout.write(
    `${counted(count, 'session')} ${count === 1 ? 'was' : 'were'} taken out of the pool and stopped.\n`,
  )
  const seen = new Set(entries.map(({ entry }) => entry.runtimeSessionId))
  const left = (await look(store)).filter(({ entry }) => seen.has(entry.runtimeSessionId))
  const states = [...new Set(left.map(({ state }) => state))]
  const counts = states.map(state => `${left.filter(each => each.state === state).length} ${state}`)
  const why = isInterrupted ? 'in the pool, as it was interrupted' : 'to whoever tends it'
  if (left.length > 0) process.stdout.write(`Left ${why}: ${counts.join(', ')}.\n`)
  if (isInterrupted) return 130
  return left.length > 0 ? 1 : 0
}

function format(entries: readonly StoredEntry[], nowMs: number, isJson: boolean): string {
  const described = entries.map(({ state, entry }) => ({
    session: sessionTag(entry.runtimeSessionId),
    qualifier: entry.qualifier,
    state,
    version: entry.version,
    ageMs: nowMs - entry.bornAtMs,
    idleMs: nowMs - entry.touchedAtMs,
    evidence: entry.evidence,
  }))
  if (isJson) return described.map(each => `${JSON.stringify(each)}\n`).join('')
  const ready = described.filter(({ state }) => state === 'ready').length
  const sum = `${ready} of ${described.length} sessions can be claimed.\n`
  if (described.length === 0) return sum
  const rows = described.map(({ session, qualifier, state, version, ageMs, idleMs, evidence }) => [
    session,
    qualifier,
    state,
    version,
    formatSpan(ageMs),
    formatSpan(idleMs),
    evidence,
  ])
  return `${toColumns(['SESSION', 'ENDPOINT', 'STATE', 'VERSION', 'AGE', 'TOUCHED', 'EVIDENCE'], rows)}${sum}`
}
