import { type Refusal, saw, type Verdict, wrong } from '../finding.ts'

export interface AuthFacts {
  /** How it is called: `AGENT_RUNTIME_AUTH`. */
  auth: 'sigv4' | 'oauth'
  /** What the runtime asks of a caller that shows nothing. */
  takes: 'sigv4' | 'oauth' | undefined
  /** Who issues the tokens that it takes, as it says itself (RFC 9728). */
  issuers: readonly string[] | undefined
  /** Whether there is a token to call it with. */
  hasToken: boolean
  refusal: Refusal | undefined
}

/** Whether the runtime takes what it is called with. It takes signatures or tokens, never both. */
export function judgeAuth({ auth, takes, issuers, hasToken, refusal }: AuthFacts): Verdict {
  const tokens = `OAuth tokens${issuers ? ` of ${issuers.join(', ')}` : ''}`
  const isRefused = refusal?.reason === 'refused' || refusal?.reason === 'unauthenticated'
  const isMismatch = /Authorization method mismatch/i.test(refusal?.said ?? '')
  const why =
    'A runtime takes SigV4 or OAuth, never both: every call is refused with 403, so all warm-ups fail and all messages too.'
  if (auth === 'sigv4' && (takes === 'oauth' || isMismatch)) {
    return saw(
      `the runtime takes ${tokens}, and is called with SigV4`,
      wrong(
        'auth-mode-mismatch',
        `The runtime takes ${tokens}, but it is called with SigV4.`,
        why,
        "Set AGENT_RUNTIME_AUTH=oauth (createAgentCoreRuntime: auth: { bearer: 'caller' }), and AGENT_RUNTIME_TOKEN_FILE for calls that no caller stands behind.",
      ),
    )
  }
  if (auth === 'oauth' && (takes === 'sigv4' || isMismatch)) {
    return saw(
      'the runtime takes SigV4, and is called with OAuth',
      wrong(
        'auth-mode-mismatch',
        'The runtime takes SigV4, but it is called with OAuth tokens.',
        why,
        'Leave AGENT_RUNTIME_AUTH out, or give the runtime a customJWTAuthorizer.',
      ),
    )
  }
  if (auth === 'sigv4' && isRefused && isUnexplained(refusal.said)) {
    return saw(
      'calls are refused',
      wrong(
        'call-refused',
        `The platform refuses calls with ${refusal.reason === 'refused' ? 403 : 401}.`,
        `Nothing can be warmed. The platform says: ${refusal.said}`,
        'Check the policies of the credentials, of the runtime and of the organisation.',
      ),
    )
  }
  if (auth === 'oauth' && isRefused && hasToken) {
    return saw(
      `${tokens}; the token was refused`,
      wrong(
        'token-refused',
        'The runtime refuses the token of AGENT_RUNTIME_TOKEN_FILE.',
        `Beats and stops that no caller stands behind fail. The platform says: ${refusal.said}`,
        'Compare issuer, audience, client and expiry of the token with the customJWTAuthorizer of the runtime.',
      ),
    )
  }
  if (auth === 'oauth' && !hasToken) {
    return saw(`${tokens}; without AGENT_RUNTIME_TOKEN_FILE it cannot be called from here`)
  }
  return saw(auth === 'oauth' ? `${tokens}, as it is called` : 'SigV4, as it is called')
}

/** Whether none of the checks of credentials, region and clock reports this refusal. */
function isUnexplained(said: string): boolean {
  return !/security token|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|signature we calculated|not authorized to perform|no aws credentials|scoped to a valid|Signature (expired|not yet)|RequestTimeTooSkewed|RequestExpired/i.test(
    said,
  )
}
