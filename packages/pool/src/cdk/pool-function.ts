import { type Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, type Code, Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

export interface PoolFunctionProps {
  /** The file to bundle, with esbuild. */
  readonly entry: string
  /** The name of its export. */
  readonly handler: string
  /** Code that is bundled already, instead of `entry`. `handler` is then `file.export`. */
  readonly code?: Code | undefined
  readonly description: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeout: Duration
  readonly memorySize?: number
  readonly reservedConcurrentExecutions?: number | undefined
}

/**
 * A function with a log and a role of its own: it may write to that log, and otherwise what it is granted.
 *
 * @note A class, as CDK wants its constructs.
 */
export class PoolFunction extends Construct {
  readonly function: NodejsFunction
  readonly role: Role

  constructor(scope: Construct, id: string, props: PoolFunctionProps) {
    super(scope, id)
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    // Lambda's own managed policy would let it write to every log of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(this.role)
    const { reservedConcurrentExecutions, code } = props
    this.function = new NodejsFunction(this, 'Function', {
      // The AWS SDK that Lambda brings may be older than AgentCore.
      ...(code ? { code } : { entry: props.entry, bundling: { bundleAwsSDK: true, minify: true } }),
      handler: props.handler,
      description: props.description,
      environment: { ...props.environment },
      timeout: props.timeout,
      memorySize: props.memorySize ?? 512,
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      role: this.role,
      logGroup,
      ...(reservedConcurrentExecutions === undefined ? {} : { reservedConcurrentExecutions }),
    })
  }

  allow(actions: string[], resources: string[]): void {
    this.role.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources }))
  }
}
