import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import { FunctionUrl, FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { createPoolAlarms, type PoolAlarms } from './pool-alarms.ts'
import { PoolFunction } from './pool-function.ts'
import { refuseNonsense, refuseUnknown } from './refuse-nonsense.ts'
import { createSessionQueues, replenishTimeout } from './session-queues.ts'
import type { WarmPoolProps, WarmProxyProps } from './warm-pool-props.ts'

/**
 * A warm pool without a server: a FIFO queue of sessions, functions that give, refill and tend them, a schedule, alarms, and
 * roles that may do that and nothing else.
 *
 * @note A class, as CDK wants its constructs.
 */
export class WarmPool extends Construct {
  readonly sessionQueue: Queue
  readonly refillQueue: Queue
  readonly getSession: PoolFunction
  readonly replenish: PoolFunction
  readonly keepAlive: PoolFunction
  readonly alarms: PoolAlarms
  /** The proxy and its URL, when it is asked for. */
  readonly proxy: { readonly function: PoolFunction; readonly url: FunctionUrl } | undefined

  /** @throws Error when a property makes no sense. */
  constructor(scope: Construct, id: string, props: WarmPoolProps) {
    super(scope, id)
    const {
      idleTimeout = Duration.minutes(15),
      every = Duration.minutes(1),
      qualifiers = ['DEFAULT'],
      ...others
    } = props
    const { poolName = this.node.path, minimumHitRatio = 0.9, alarmActions = [], warmUpsAtOnce = 20, ...rest } = others
    const { runtimeArn, target, version = '1', maxLifetime = Duration.hours(8), code, proxy, ...unknown } = rest
    // A construct that is made of this one may pass its own properties on.
    if (new.target === WarmPool) refuseUnknown(unknown)
    const agentProps = { runtimeArn, qualifiers, version, idleTimeout, maxLifetime }
    refuseNonsense({ ...agentProps, target, every, warmUpsAtOnce, minimumHitRatio, poolName })

    const { sessions, refills, deadLetters } = createSessionQueues(this, idleTimeout)
    const environment = {
      AGENT_RUNTIME_ARN: runtimeArn,
      AGENT_RUNTIME_QUALIFIERS: qualifiers.join(','),
      AGENT_IDLE_TIMEOUT_SECONDS: `${idleTimeout.toSeconds()}`,
      AGENT_MAX_LIFETIME_SECONDS: `${maxLifetime.toSeconds()}`,
      POOL_QUEUE_URL: sessions.queueUrl,
      POOL_REFILL_QUEUE_URL: refills.queueUrl,
      POOL_TARGET: `${target}`,
      POOL_VERSION: version,
      POOL_NAME: poolName,
      POOL_EVERY_SECONDS: `${every.toSeconds()}`,
    }
    // AgentCore checks the runtime and the endpoint.
    const agent = [runtimeArn, ...qualifiers.map(name => `${runtimeArn}/runtime-endpoint/${name}`)]
    const create = (name: string, handler: string, description: string, timeout: Duration, most?: number) => {
      const created = new PoolFunction(this, name, {
        entry: fileURLToPath(new URL(`../lambda/main${extname(import.meta.url)}`, import.meta.url)),
        code,
        handler: code ? `index.${handler}` : handler,
        description,
        environment,
        timeout,
        reservedConcurrentExecutions: most,
      })
      created.allow(usesOfAgent, agent)
      return created
    }

    this.getSession = create('GetSession', 'getSession', 'Gives a warm agent session', Duration.seconds(10))
    this.replenish = create('Replenish', 'replenish', 'Warms an agent session', replenishTimeout)
    // One at a time: two would both refill what is missing.
    this.keepAlive = create('KeepAlive', 'keepAlive', 'Tends warm agent sessions', Duration.minutes(2), 1)
    for (const each of [this.getSession, this.replenish, this.keepAlive]) sessions.grant(each.role, ...usesOfSessions)
    refills.grant(this.getSession.role, 'sqs:SendMessage')

    this.replenish.function.addEventSource(
      new SqsEventSource(refills, { batchSize: 1, maxConcurrency: warmUpsAtOnce, reportBatchItemFailures: true }),
    )
    new Rule(this, 'Schedule', {
      description: 'Tends the warm pool',
      schedule: Schedule.rate(every),
      // A round that failed is made up for by the next one.
      targets: [new LambdaTarget(this.keepAlive.function, { retryAttempts: 0 })],
    })
    this.alarms = createPoolAlarms(this, { poolName, deadLetters, minimumHitRatio, actions: alarmActions })
    this.sessionQueue = sessions
    this.refillQueue = refills
    this.proxy = proxy && this.#createProxy(proxy, environment, agent)
  }

  #createProxy(props: WarmProxyProps, poolEnvironment: Readonly<Record<string, string>>, agent: string[]) {
    const { entry, code, handler = code ? 'index.handler' : 'handler', secret, environment, ...others } = props
    const { timeout = Duration.minutes(15), authType = FunctionUrlAuthType.AWS_IAM, ...unknown } = others
    refuseUnknown(unknown, 'proxy.')
    const created = new PoolFunction(this, 'Proxy', {
      entry,
      code,
      handler,
      description: 'The proxy between chat pages and the agent',
      environment: {
        ...poolEnvironment,
        ...(secret ? { WARM_AGENT_SECRET_ARN: secret.secretArn } : {}),
        ...environment,
      },
      timeout,
      memorySize: 1_024,
    })
    created.allow(usesOfAgent, agent)
    this.sessionQueue.grant(created.role, ...usesOfSessions)
    this.refillQueue.grant(created.role, 'sqs:SendMessage')
    secret?.grantRead(created.role)
    const url = new FunctionUrl(this, 'ProxyUrl', {
      function: created.function,
      invokeMode: InvokeMode.RESPONSE_STREAM,
      authType,
    })
    return { function: created, url }
  }
}

const usesOfAgent = ['bedrock-agentcore:InvokeAgentRuntime', 'bedrock-agentcore:StopRuntimeSession']

/** All of them look into the queue; whoever takes a session may have to put it back. */
const usesOfSessions = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:GetQueueAttributes',
  'sqs:SendMessage',
]
