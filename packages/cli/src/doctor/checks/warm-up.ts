import { type Finding, inWords, type Refusal, saw, skipped, type Verdict, wrong } from '../finding.ts'

/** One warm-up, and what came back. */
export interface WarmUpTry {
  nonce: string
  echo: string | undefined
  tookMs: number
}

export interface WarmUpFacts {
  /** One after the other on a new session: the first one meets a cold microVM, the others a warm one. */
  tries: readonly WarmUpTry[]
  refusal: Refusal | undefined
}

/** A warm invoke takes 0.15 s (agentcore-samples, 05-measure-your-runtime, September 2026). A model takes longer than this. */
const longestMs = 1_000

const howTo =
  'Wrap its handler with warmable() of @warm-agent/agent; for Python and others see the README of that package.'

/** Whether the agent answers a warm-up before any of its own logic, and tells which microVM it is. */
export function judgeWarmUp({ tries, refusal }: WarmUpFacts): Verdict {
  if (refusal) return refusal.reason === 'agent' ? judgeFailure(refusal) : skipped('no warm-up reached the agent')
  const [first, ...later] = tries
  if (!first) return skipped('no warm-up was made')
  if (tries.some(({ echo }) => echo === undefined)) return saw('the agent does not echo the nonce', withoutEcho(later))
  const fastestMs = Math.min(...later.map(({ tookMs }) => tookMs))
  const said = `nonce echoed; ${inWords(first.tookMs)} on a new session, ${inWords(fastestMs)} on a warm one`
  return saw(said, identityFinding(first, later), fastestMs > longestMs && slow(fastestMs))
}

function judgeFailure({ said }: Refusal): Verdict {
  if (/initialization time exceeded/i.test(said)) return skipped('the agent does not start')
  const isRefusal = /\b4\d\d\b/.test(said.replace(/^424\b/, ''))
  return saw(
    isRefusal ? 'the agent refuses it' : 'the agent fails',
    isRefusal
      ? wrong(
          'warm-up-refused',
          `The agent refuses the warm-up, most likely by the schema of its requests: ${said}`,
          'A warm-up that fails is retried and then given up, so no session is ever known to be warm.',
          `Let {"type":"warmup","nonce":"…"} through validation. ${howTo}`,
        )
      : wrong(
          'warm-up-fails',
          `The agent fails on a warm-up: ${said}`,
          'No session is ever warm, and each attempt starts a microVM.',
          `See what it logs; a failing onWarm is told here too. ${howTo}`,
        ),
  )
}

function withoutEcho(later: readonly WarmUpTry[]): Finding {
  const slowestMs = Math.max(0, ...later.map(({ tookMs }) => tookMs))
  return wrong(
    'no-sentinel',
    `The agent takes the warm-up for a message: its answer has no nonce${later.length > 0 ? `, and took ${inWords(slowestMs)}` : ''}.`,
    'Every warm-up and every beat runs its logic, which calls a model and bills tokens, and a replaced microVM goes unnoticed.',
    howTo,
  )
}

/** The first nonce that a microVM saw is its identity. */
function identityFinding(first: WarmUpTry, later: readonly WarmUpTry[]): Finding | undefined {
  if (first.echo !== first.nonce) {
    return wrong(
      'nonce-foreign',
      'A new session echoes a nonce that it was never sent.',
      'The nonce tells microVMs apart. One that is kept outside of the VM, or in a snapshot, is the same in all, and a replaced VM goes unnoticed.',
      `Keep the first nonce in the memory of the process, set by a warm-up and by nothing else. ${howTo}`,
    )
  }
  if (later.every(({ echo }) => echo === first.nonce)) return undefined
  if (later.every(({ nonce, echo }) => echo === nonce)) {
    return wrong(
      'echoes-newest',
      'The agent echoes the newest nonce, or its microVM is replaced with every call.',
      'The first nonce that a VM saw is its identity: with another one each time every beat looks like a lost session.',
      `Keep the first nonce for ever. ${howTo}`,
    )
  }
  return wrong(
    'vm-replaced',
    'The microVM was replaced between two warm-ups of one session, seconds apart.',
    'What was warmed is gone: the next message starts cold, and what the VM remembered is lost.',
    'See whether the agent crashes or runs out of memory (logs in CloudWatch), and keep history outside of the VM.',
  )
}

function slow(ms: number): Finding {
  return wrong(
    'warm-up-slow',
    `A warm session takes ${inWords(ms)} to answer a warm-up; 0.15 s are usual.`,
    'Most likely it is answered after the logic of the agent, which then calls its model for every warm-up and beat.',
    `Answer before anything else. ${howTo}`,
  )
}
