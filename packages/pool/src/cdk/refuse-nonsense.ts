import { isRuntimeArn } from '@warm-agent/agentcore'
import { type Duration, Token } from 'aws-cdk-lib'
import type { WarmPoolProps } from './warm-pool-props.ts'

type CheckedProps = Required<
  Pick<
    WarmPoolProps,
    | 'qualifiers'
    | 'version'
    | 'idleTimeout'
    | 'maxLifetime'
    | 'every'
    | 'warmUpsAtOnce'
    | 'minimumHitRatio'
    | 'poolName'
  >
> &
  Pick<WarmPoolProps, 'runtimeArn' | 'target'>

/** EventBridge starts nothing more often, and a beat that is missed must leave room for some more. */
const shortestIdleSeconds = 5 * 60

/** AgentCore's limit of both the idle timeout and the lifetime. */
const longestSeconds = 8 * 60 * 60

/** Service model of AgentCore: the qualifier of InvokeAgentRuntime. */
const qualifierPattern = /^[a-zA-Z][a-zA-Z0-9_]{0,47}$/

/** @throws Error that names the property that makes no sense, before it is deployed: its functions would not start. */
export function refuseNonsense(props: CheckedProps): void {
  const { runtimeArn, qualifiers, target, version, idleTimeout, maxLifetime, every } = props
  const { warmUpsAtOnce, minimumHitRatio, poolName } = props
  const refuse = (name: keyof CheckedProps, why: string) => {
    throw new Error(`Could not create the pool: property ${name} is ${props[name]}: ${why}. See WarmPoolProps.`)
  }
  const secondsOf = (duration: Duration) => duration.toSeconds({ integral: false })
  if (!isDeployTime(runtimeArn) && !isRuntimeArn(runtimeArn)) {
    refuse(
      'runtimeArn',
      'expected the ARN of an agent runtime, like arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5',
    )
  }
  if (
    !Array.isArray(qualifiers) ||
    qualifiers.length === 0 ||
    !qualifiers.every(name => isDeployTime(name) || qualifierPattern.test(name))
  )
    refuse('qualifiers', 'expected the name of an endpoint or more: letters, digits and _, at most 48')
  if (!Number.isInteger(target) || target < 0) refuse('target', 'expected a whole number from 0')
  if (version.length < 1 || version.length > 200) refuse('version', 'expected 1 to 200 characters')
  if (!Number.isInteger(warmUpsAtOnce) || warmUpsAtOnce < 2 || warmUpsAtOnce > 1_000)
    refuse('warmUpsAtOnce', 'expected a whole number from 2 to 1000')
  if (!(minimumHitRatio >= 0 && minimumHitRatio <= 1)) refuse('minimumHitRatio', 'expected a share from 0 to 1')
  if (!poolName) refuse('poolName', 'expected a name')
  for (const name of ['idleTimeout', 'maxLifetime'] as const)
    if (secondsOf(props[name]) > longestSeconds) refuse(name, 'AgentCore takes 8 hours at most')
  if (secondsOf(idleTimeout) < shortestIdleSeconds) {
    refuse(
      'idleTimeout',
      'sessions would idle out between two looks, which are a minute apart at least. Give 5 minutes or more',
    )
  }
  if (secondsOf(maxLifetime) < secondsOf(idleTimeout))
    refuse('maxLifetime', `the idle timeout is longer, ${idleTimeout}`)
  if (secondsOf(every) < 60 || secondsOf(every) % 60 > 0) refuse('every', 'a schedule has whole minutes')
  // A beat is due after 54 to 60 % of the idle timeout.
  if (secondsOf(every) > secondsOf(idleTimeout) / 5) refuse('every', 'sessions would idle out in between')
}

/**
 * @param unknown What is left of the properties once the known ones are taken out.
 * @param prefix In front of their names.
 * @throws Error that names the first.
 */
export function refuseUnknown(unknown: object, prefix = ''): void {
  const name = Object.entries(unknown).find(([, value]) => value !== undefined)?.[0]
  if (name) throw new Error(`Could not create the pool: there is no property ${prefix}${name}. See WarmPoolProps.`)
}

/** What only the deployment will know cannot be checked here. */
const isDeployTime = Token.isUnresolved
