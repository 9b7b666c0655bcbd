/** What a rule can do to a call. */
const faults = ['throttle', 'reset', 'slow', 'status', 'replace-vm', 'late'] as const

/**
 * Which calls a rule looks at. An `invoke` is also one of: `warm-up` (the body of a warm-up, to a session that has no VM
 * that is up), `beat` (the same to one that has), `message` (any other body).
 */
const callKinds = ['invoke', 'warm-up', 'beat', 'message', 'stop', 'command', 'agent-card', 'websocket'] as const

export type Fault = (typeof faults)[number]
export type CallKind = (typeof callKinds)[number]

/** One rule of chaos. What it does not need it does not take: see the table in the README. */
export interface ChaosRule {
  /**
   * - `throttle`: 429 with `Retry-After`, the agent sees nothing.
   * - `reset`: the connection is reset before the agent sees anything; with `bytes`, cut in the middle of the answer.
   * - `slow`: the call waits; with `chunkMs`, every piece of its answer does.
   * - `status`: that status is answered, the agent sees nothing.
   * - `replace-vm`: the session's VM is lost without a word, and the call finds a new one.
   * - `late`: the handler runs to its end, and then a status is answered all the same.
   */
  fault: Fault
  /** The share of the calls that it hits, from above 0 to 1. @default 1 */
  rate?: number | undefined
  /** How many calls it hits before it is spent. @default no end */
  count?: number | undefined
  /** How many calls it lets pass first. @default 0 */
  skip?: number | undefined
  /** @default every call */
  kind?: CallKind | undefined
  /** The same seed hits the same calls. @default from the emulator's seed, and the rule's place */
  seed?: number | undefined
  /** Of `slow`: milliseconds before the call goes on. Of `late`: between the handler's end and the answer. @default 0 */
  ms?: number | undefined
  /** Of `slow`: milliseconds before every piece of the answer. @default 0 */
  chunkMs?: number | undefined
  /** Of `status` and `late`: the HTTP status, from 400 to 599. @default 500, of `late` 504 */
  status?: number | undefined
  /** Of `throttle`: `Retry-After`, in seconds. @default 1 */
  retryAfter?: number | undefined
  /** Of `reset`: cut after so many bytes of the answer, or at its end when it is shorter. @default before the agent sees the call */
  bytes?: number | undefined
}

type Parameter = Exclude<keyof ChaosRule, 'fault' | 'kind'>

const common: readonly Parameter[] = ['rate', 'count', 'skip', 'seed']

/** What each fault takes besides; the first is what a bare number means. */
const parametersOf: Record<Fault, readonly Parameter[]> = {
  throttle: ['retryAfter'],
  reset: ['bytes'],
  slow: ['ms', 'chunkMs'],
  status: ['status'],
  'replace-vm': [],
  late: ['status', 'ms'],
}

const integer = (least: number, most: number) => (value: number) =>
  Number.isInteger(value) && value >= least && value <= most

const sane: Record<Parameter, [(value: number) => boolean, expected: string]> = {
  rate: [value => value > 0 && value <= 1, 'a number above 0 and up to 1'],
  count: [integer(1, 1e9), 'an integer from 1'],
  skip: [integer(0, 1e9), 'an integer from 0'],
  seed: [integer(0, 2 ** 32 - 1), 'an integer from 0 to 4294967295'],
  ms: [value => value >= 0 && value <= 86_400_000, 'milliseconds from 0 to 86400000'],
  chunkMs: [value => value >= 0 && value <= 86_400_000, 'milliseconds from 0 to 86400000'],
  status: [integer(400, 599), 'a status from 400 to 599'],
  retryAfter: [integer(0, 86_400), 'whole seconds from 0 to 86400'],
  bytes: [integer(0, 1e9), 'an integer from 0'],
}

/**
 * Reads rules: `slow:2000,rate=0.5;late:504,count=1,kind=message` as on the command line, or a list of {@link ChaosRule}.
 *
 * @throws Error that says in one sentence which part is wrong.
 */
export function readChaos(rules: string | readonly ChaosRule[]): ChaosRule[] {
  if (typeof rules !== 'string') {
    if (!Array.isArray(rules)) throw new Error(`chaos is ${JSON.stringify(rules)}, give a text or a list of rules`)
    return rules.map(checkRule)
  }
  return rules.split(';').flatMap(text => (text.trim() === '' ? [] : [checkRule(parseRule(text.trim()))]))
}

function parseRule(text: string): ChaosRule {
  const colon = text.indexOf(':')
  const fault = (colon < 0 ? text : text.slice(0, colon)) as Fault
  checkFault(fault)
  const parts = colon < 0 ? [] : text.slice(colon + 1).split(',')
  const entries = parts.map((part, place): [string, unknown] => {
    const [name = '', value, more] = part.trim().split('=')
    const [bare] = parametersOf[fault]
    if (more !== undefined) throw new Error(`"${part}" in "${text}" is not like name=value`)
    if (value !== undefined) return [name, name === 'kind' ? value : toNumber(value)]
    if (place > 0 || bare === undefined || name === '') throw new Error(`"${part}" in "${text}" is not like name=value`)
    return [bare, toNumber(name)]
  })
  const twice = entries.find(([name], place) => entries.findIndex(([other]) => other === name) < place)
  if (twice) throw new Error(`"${twice[0]}" comes twice in "${text}", give it once`)
  return { ...Object.fromEntries(entries), fault }
}

/** An empty text is no number. */
function toNumber(text: string): number | string {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}

function checkRule(rule: ChaosRule): ChaosRule {
  checkFault(rule?.fault)
  const taken = [...common, ...parametersOf[rule.fault]]
  for (const [name, value] of Object.entries(rule)) {
    if (name === 'fault' || value === undefined) continue
    if (name === 'kind') {
      checkOneOf('kind', value, callKinds)
      continue
    }
    if (!taken.includes(name as Parameter)) {
      throw new Error(`"${rule.fault}" takes no "${name}", it takes ${[...taken, 'kind'].join(', ')}`)
    }
    const [isSane, expected] = sane[name as Parameter]
    if (typeof value !== 'number' || !isSane(value)) {
      throw new Error(`"${name}" of "${rule.fault}" is ${JSON.stringify(value)}, give ${expected}`)
    }
  }
  if (rule.fault === 'slow' && !rule.ms && !rule.chunkMs) {
    throw new Error('"slow" without "ms" and "chunkMs" slows nothing, give one of them')
  }
  return { ...rule }
}

function checkFault(fault: unknown): void {
  checkOneOf('chaos', fault, faults)
}

function checkOneOf(what: string, value: unknown, known: readonly string[]): void {
  if (!known.includes(value as string))
    throw new Error(`there is no ${what} ${JSON.stringify(value)}, there is ${known.join(', ')}`)
}
