import { type Finding, type Refusal, saw, type Verdict, wrong } from '../finding.ts'

export interface EndpointFacts {
  /** Where calls go. */
  url: string
  /** Why nothing answers there. */
  unreachable: string | undefined
  /** The first call to each of the runtime's endpoints, and why it failed, if it did. */
  qualifiers: readonly { qualifier: string; refusal: Refusal | undefined }[]
}

/** Whether the runtime and its endpoints exist and start. Other checks tell what is wrong with the caller. */
export function judgeEndpoint({ url, unreachable, qualifiers }: EndpointFacts): Verdict {
  if (unreachable !== undefined) {
    return saw(
      `nothing answers at ${url}`,
      wrong(
        'platform-unreachable',
        `No connection to ${url}: ${unreachable}`,
        'Nothing can be warmed, and no message can be sent.',
        'Check AWS_ENDPOINT_URL_BEDROCK_AGENTCORE, the network and its proxies; for an emulator, whether it runs.',
      ),
    )
  }
  const names = qualifiers.map(({ qualifier }) => qualifier).join(', ')
  const allMissing = qualifiers.every(({ refusal }) => refusal?.reason === 'missing')
  const findings = qualifiers.map(({ qualifier, refusal }) => refusal && findingOf(qualifier, refusal, allMissing))
  return saw(`${names} at ${url}${findings.some(Boolean) ? ': not all is well' : ''}`, ...findings)
}

function findingOf(qualifier: string, { reason, said }: Refusal, allMissing: boolean): Finding | undefined {
  const told = `The platform says: ${said}`
  switch (reason) {
    case 'missing':
      // The platform says the same of both. An endpoint that is missing beside one that is there is itself missing.
      return qualifier === 'DEFAULT' && allMissing
        ? wrong(
            'runtime-missing',
            'There is no such agent runtime: the ARN is well-formed, and the platform does not know it.',
            told,
            'Compare AGENT_RUNTIME_ARN with aws bedrock-agentcore-control list-agent-runtimes, also its region and account.',
          )
        : wrong(
            'qualifier-missing',
            `The runtime has no endpoint "${qualifier}"${allMissing ? ', or there is no such runtime' : ''}.`,
            `Sessions that are placed on it fail with 404. ${told}`,
            'Create the endpoint, or take its name out of AGENT_RUNTIME_QUALIFIERS; aws bedrock-agentcore-control list-agent-runtime-endpoints tells which there are.',
          )
    case 'invalid':
      return wrong(
        'call-invalid',
        `A call to ${qualifier} was refused as malformed.`,
        told,
        'Check ARN and qualifiers.',
      )
    case 'quota':
      return wrong(
        'sessions-used-up',
        'The quota of active sessions is used up.',
        `Every new visitor is refused with 402. ${told}`,
        'Stop what nobody holds (warm-agent sessions), hold for shorter, or ask AWS for a higher quota.',
      )
    case 'throttled':
      return wrong(
        'throttled',
        `Calls to ${qualifier} are throttled, also after waiting.`,
        `Warm-ups and messages wait or fail. ${told}`,
        'See what else calls this account and region, and compare with warm-agent plan; ask AWS for a higher quota.',
      )
    case 'agent':
      return /initialization time exceeded/i.test(said)
        ? wrong(
            'agent-does-not-start',
            'The agent is not ready in time: the platform gave it up.',
            `30 s are allowed on V1, 120 s on V2, until /ping answers 200. ${told}`,
            'Start the server first, and load what is heavy afterwards, in onWarm of @warm-agent/agent.',
          )
        : undefined
    case 'unavailable':
    case 'unreachable':
    case 'timeout':
      return wrong(
        'platform-fails',
        `Calls to ${qualifier} do not succeed, also when they are tried again.`,
        told,
        'Look at the AWS Health Dashboard and the logs of the runtime in CloudWatch; run doctor again.',
      )
    case 'conflict':
      return wrong(
        'session-busy',
        `Calls to ${qualifier} are refused with 409, also when they are tried again for a minute.`,
        `AgentCore says so while it starts or stops a session; one that stays so is never warm. ${told}`,
        'See in the logs of the runtime in CloudWatch what its agent does at its start; run doctor again.',
      )
    case 'refused':
    case 'unauthenticated':
      return undefined
    default:
      return reason satisfies never
  }
}
