import { isRuntimeArn } from '@warm-agent/agentcore'
import { withoutAccount } from '../../without-account.ts'
import { type Finding, saw, type Verdict, wrong } from '../finding.ts'

/** Whether the ARNs are ones of agent runtimes; when not, what they are instead. @param others in other regions, to fall back to */
export function judgeArn(arn: string, others: readonly string[] = []): Verdict {
  const findings = [
    ...(isRuntimeArn(arn) ? [] : [malformed('AGENT_RUNTIME_ARN', arn)]),
    ...others.filter(other => !isRuntimeArn(other)).map(other => malformed('AGENT_RUNTIME_FALLBACK_ARNS', other)),
  ]
  return saw(
    isRuntimeArn(arn) ? `is one of an agent runtime, ${nameOf(arn)}` : 'is not one of an agent runtime',
    ...findings,
  )
}

function malformed(variable: string, arn: string): Finding {
  const [what, whatToDo] = slipOf(arn)
  return wrong(
    'arn-malformed',
    `${variable} has "${arn}": ${what}.`,
    'Every call carries it, so the platform refuses each one with 400 or 404, and no session is ever warm.',
    `${whatToDo} It looks like arn:aws:bedrock-agentcore:us-east-1:<account>:runtime/my_agent-a1B2c3D4e5; aws bedrock-agentcore-control list-agent-runtimes tells yours.`,
  )
}

/** The id alone: the account in the ARN is private. One that is malformed may have no id. */
export function nameOf(arn: string): string {
  return withoutAccount(arn.split('/').at(-1) ?? arn)
}

function slipOf(arn: string): [what: string, whatToDo: string] {
  const [prefix, , service, region = '', account = '', resource = ''] = arn.split(':')
  if (arn !== arn.trim() || /["'\s]/.test(arn)) return ['it has quotes or spaces in it', 'Take them out.']
  if (/^[a-zA-Z]\w*-[a-zA-Z0-9]{10}$/.test(arn)) return ['that is an agent runtime id', 'Give the whole ARN.']
  if (prefix !== 'arn') return ['it is no ARN', 'Give the ARN of your agent runtime.']
  if (service !== 'bedrock-agentcore') {
    const isBedrock = service === 'bedrock'
    return [
      `it is one of ${isBedrock ? 'Bedrock Agents, which is another service' : `the service "${service}"`}`,
      'Give the ARN of an AgentCore runtime.',
    ]
  }
  if (!/^[a-z0-9-]+$/.test(region)) return [`"${region}" is no region`, 'Put the region after bedrock-agentcore:.']
  if (!/^\d{12}$/.test(account)) return [`"${account}" is no account of 12 digits`, 'Put the account after the region.']
  const [kind, , more] = resource.split('/')
  if (kind === 'runtime' && more === 'runtime-endpoint') {
    return [
      'it is the ARN of an endpoint',
      'Leave out /runtime-endpoint/… and put the name of the endpoint into AGENT_RUNTIME_QUALIFIERS.',
    ]
  }
  if (kind !== 'runtime') return [`it is one of a "${kind}"`, 'Give the ARN of a runtime.']
  return ['the id after runtime/ does not end in - and ten letters or digits', 'Copy the whole of it.']
}
