import { WarmPool, type WarmPoolProps } from '@warm-agent/pool/cdk'
import { App, Duration, Stack, Token } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { beforeAll, expect, test } from 'vitest'

const runtimeArn = 'arn:aws:bedrock-agentcore:eu-central-1:123456789012:runtime/my_agent-0123456789'
const code = Code.fromInline('exports.getSession = () => {}')

function synthesise(props: Partial<WarmPoolProps> = {}, withProxy = false) {
  const stack = new Stack(new App({ analyticsReporting: false, treeMetadata: false }), 'Test', {
    env: { region: 'eu-central-1', account: '123456789012' },
  })
  const proxy = withProxy ? { proxy: { entry: 'proxy.ts', code, secret: new Secret(stack, 'Secret') } } : {}
  new WarmPool(stack, 'Pool', { runtimeArn, target: 47, code, ...proxy, ...props })
  return Template.fromStack(stack)
}

let template: Template
// The CDK takes its time to load itself.
beforeAll(() => {
  template = synthesise({ qualifiers: ['DEFAULT', 'second'] }, true)
}, 60_000)

interface Statement {
  Effect: string
  Action: string | string[]
  Resource: unknown
}

function statements(): Statement[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement as Statement[],
  )
}

test('no policy has a wildcard, neither in a resource nor in an action', () => {
  expect(statements().length).toBeGreaterThan(8)
  for (const { Resource, Action } of statements()) {
    expect(JSON.stringify([Resource, Action])).not.toContain('*')
  }
})

test('no role has a managed policy: they reach further than these functions need', () => {
  for (const { Properties } of Object.values(template.findResources('AWS::IAM::Role'))) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns')
  }
})

test('the agent is called at its runtime and at the endpoints that are named', () => {
  const calls = statements().filter(({ Action }) => JSON.stringify(Action).includes('bedrock-agentcore'))
  expect(calls).toHaveLength(4)
  for (const { Action, Resource } of calls) {
    expect(Action).toEqual(['bedrock-agentcore:InvokeAgentRuntime', 'bedrock-agentcore:StopRuntimeSession'])
    expect(Resource).toEqual([
      runtimeArn,
      `${runtimeArn}/runtime-endpoint/DEFAULT`,
      `${runtimeArn}/runtime-endpoint/second`,
    ])
  }
})

test('sessions wait in a FIFO queue with a group each, no longer than they live', () => {
  template.hasResourceProperties('AWS::SQS::Queue', {
    FifoQueue: true,
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    MessageRetentionPeriod: 900,
    SqsManagedSseEnabled: true,
  })
})

test('orders that fail end in a dead-letter queue (daytona #3289, coder #17432: refilling that loops for ever)', () => {
  template.hasResourceProperties('AWS::SQS::Queue', { RedrivePolicy: Match.objectLike({ maxReceiveCount: 3 }) })
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    BatchSize: 1,
    ScalingConfig: { MaximumConcurrency: 20 },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  })
})

test('an order that is being worked on is not made twice: its lock outlasts the function', () => {
  const queues = Object.values(template.findResources('AWS::SQS::Queue')).map(({ Properties }) => Properties)
  const refills = queues.find(({ RedrivePolicy }) => RedrivePolicy)
  const longest = Object.values(template.findResources('AWS::Lambda::Function'))
    .map(({ Properties }) => Properties)
    .find(({ Description }) => Description === 'Warms an agent session')
  expect(refills?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * longest?.Timeout)
})

test('one function at a time tends the pool, every minute', () => {
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)' })
  template.hasResourceProperties('AWS::Lambda::Function', {
    ReservedConcurrentExecutions: 1,
    Environment: { Variables: Match.objectLike({ POOL_TARGET: '47', AGENT_RUNTIME_ARN: runtimeArn }) },
  })
})

test('alarms ring for a pool that is on and never used, misses, failed refills and a failed canary', () => {
  template.resourceCountIs('AWS::CloudWatch::Alarm', 4)
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(ready > 0 AND FILL(hits, 0) < 1, 1, 0)' })]),
  })
})

test('the proxy streams from a function URL that is not open to everybody', () => {
  template.hasResourceProperties('AWS::Lambda::Url', { InvokeMode: 'RESPONSE_STREAM', AuthType: 'AWS_IAM' })
  template.hasResourceProperties('AWS::Lambda::Function', {
    Timeout: 900,
    Environment: { Variables: Match.objectLike({ WARM_AGENT_SECRET_ARN: Match.anyValue() }) },
  })
})

test('without a proxy there is no URL', () => {
  synthesise().resourceCountIs('AWS::Lambda::Url', 0)
})

test('the shortest idle timeout that it tells of is one that it takes', () => {
  synthesise({ idleTimeout: Duration.minutes(5) }).resourceCountIs('AWS::Events::Rule', 1)
})

test.each([
  ['target', -1],
  ['target', 1.5],
  ['runtimeArn', ''],
  ['runtimeArn', 'foo'],
  ['runtimeArn', runtimeArn.replace('bedrock-agentcore', 'lambda')],
  ['warmUpsAtOnce', 1],
  ['warmUpsAtOnce', 1_001],
  ['qualifiers', []],
  ['qualifiers', ['']],
  ['qualifiers', ['a b']],
  ['qualifiers', ['DEFAULT', 'x'.repeat(49)]],
  ['poolName', ''],
  ['version', ''],
  ['minimumHitRatio', 90],
  ['idleTimeout', Duration.minutes(4)],
  ['idleTimeout', Duration.hours(9)],
  // From JavaScript.
  ['qualifiers', 'DEFAULT'],
  ['maxLifetime', Duration.hours(9)],
  ['maxLifetime', Duration.minutes(10)],
  ['every', Duration.minutes(10)],
  ['every', Duration.seconds(30)],
  ['every', Duration.seconds(90)],
])('the property %s of %s is refused by name', (name, value) => {
  expect(() => synthesise({ [name]: value })).toThrow(`Could not create the pool: property ${name} is`)
})

test.each([
  ['targett', {}, { targett: 3 }],
  ['proxy.timeOut', { timeOut: 3 }, {}],
])('the property %s, which there is not, is refused', (name, proxy, props) => {
  const given = { ...props, ...(name.startsWith('proxy') && { proxy: { entry: 'proxy.ts', code, ...proxy } }) }
  expect(() => synthesise(given)).toThrow(`Could not create the pool: there is no property ${name}.`)
})

test('what is undefined is not there, and a construct made of this one may have properties of its own', () => {
  expect(() => synthesise({ targett: undefined } as never)).not.toThrow()
  class OurPool extends WarmPool {}
  const props = { runtimeArn, target: 3, code, topic: 'ours' }
  expect(() => new OurPool(new Stack(), 'Pool', props)).not.toThrow()
})

test('what only the deployment knows is taken as it comes', () => {
  const arn = Token.asString({ 'Fn::GetAtt': ['Agent', 'AgentRuntimeArn'] })
  const endpoint = Token.asString({ Ref: 'Endpoint' })
  const version = Token.asString({ Ref: 'ImageTag' })
  const deployed = synthesise({ runtimeArn: arn, qualifiers: ['DEFAULT', endpoint], version })
  const Variables = Match.objectLike({
    AGENT_RUNTIME_ARN: { 'Fn::GetAtt': ['Agent', 'AgentRuntimeArn'] },
    AGENT_RUNTIME_QUALIFIERS: { 'Fn::Join': ['', ['DEFAULT,', { Ref: 'Endpoint' }]] },
    POOL_VERSION: { Ref: 'ImageTag' },
  })
  deployed.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables } })
})
