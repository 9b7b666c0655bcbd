import { type Finding, inWords, type Refusal, risk, saw, skipped, type Verdict, wrong } from '../finding.ts'

export interface CredentialFacts {
  /** What the runtime is called with. */
  auth: 'sigv4' | 'oauth'
  /** What the AWS SDK found, or why it found nothing. */
  found: { accessKeyId: string; expiresInMs?: number | undefined } | { missing: string }
  refusal: Refusal | undefined
}

/** Credentials that expire sooner than this are reported: a proxy that cannot renew them fails then. Milliseconds. */
const soonMs = 15 * 60_000

/** Whether the AWS credentials are there, and the platform took them. */
export function judgeCredentials({ auth, found, refusal }: CredentialFacts): Verdict {
  if (auth === 'oauth') return skipped('the runtime is called with OAuth tokens')
  if ('missing' in found) {
    return saw(
      'there are none',
      wrong(
        'credentials-missing',
        `The AWS SDK finds no credentials: ${found.missing}`,
        'Every call to the runtime is signed with them.',
        'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE after aws sso login, or give the machine a role.',
      ),
    )
  }
  // The start of a key id is enough to recognise it.
  const tag = `${found.accessKeyId.slice(0, 8)}…`
  const said = refusal?.said ?? ''
  const refused = refusal?.reason === 'refused' ? refusedAs(said, tag) : undefined
  const expiresInMs = found.expiresInMs ?? Number.POSITIVE_INFINITY
  return saw(
    refused ? `${tag} was refused` : `${tag}`,
    refused,
    expiresInMs < soonMs &&
      risk(
        'credentials-expire-soon',
        expiresInMs <= 0
          ? `The credentials ${tag} have expired.`
          : `The credentials ${tag} expire in ${inWords(expiresInMs)}.`,
        'When they are not renewed, every call is refused with 403 from then on.',
        'Renew them, for example with aws sso login; a server takes a role, whose credentials the SDK renews itself.',
      ),
  )
}

function refusedAs(said: string, tag: string): Finding | undefined {
  const told = `The platform says: ${said}`
  if (/security token .*expired|ExpiredToken/i.test(said)) {
    return wrong('credentials-expired', `The credentials ${tag} have expired.`, told, 'Sign in again, or renew them.')
  }
  if (/security token .*invalid|UnrecognizedClient|InvalidClientTokenId/i.test(said)) {
    return wrong(
      'credentials-unknown',
      `The platform does not know the access key ${tag}.`,
      told,
      'Take a key of the account of the runtime. For the emulator take the one that it printed.',
    )
  }
  if (/signature we calculated does not match/i.test(said)) {
    return wrong(
      'credentials-wrong-secret',
      `The secret does not belong to the access key ${tag}, or something between here and AWS changes requests.`,
      told,
      'Set AWS_SECRET_ACCESS_KEY anew. Behind a proxy of your company let requests through unchanged.',
    )
  }
  if (/not authorized to perform/i.test(said)) {
    return wrong(
      'credentials-not-allowed',
      `The credentials ${tag} may not do that.`,
      told,
      'Allow bedrock-agentcore:InvokeAgentRuntime and bedrock-agentcore:StopRuntimeSession on the runtime and its endpoints.',
    )
  }
  if (/no aws credentials/i.test(said)) {
    return wrong('credentials-missing', 'The AWS SDK finds no credentials.', told, 'Set them, or sign in.')
  }
  return undefined
}
