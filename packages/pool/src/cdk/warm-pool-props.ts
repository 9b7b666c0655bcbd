import type { Duration } from 'aws-cdk-lib'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import type { Code, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'

export interface WarmPoolProps {
  /** The agent runtime. */
  readonly runtimeArn: string
  /** Its endpoints that sessions are placed on. @default ['DEFAULT'] */
  readonly qualifiers?: readonly string[]
  /** How many claimable sessions to hold. `warm-agent plan` says how many. */
  readonly target: number
  /** Names the agent's code: change it with every deploy of the agent. @default '1' */
  readonly version?: string
  /** As the runtime is configured. At least 5 minutes: shorter ones end between two looks. @default 15 minutes */
  readonly idleTimeout?: Duration
  /** As the runtime is configured. No less than the idle timeout. @default 8 hours */
  readonly maxLifetime?: Duration
  /** How often waiting sessions are looked after, in whole minutes. A fifth of the idle timeout at most. @default 1 minute */
  readonly every?: Duration
  /**
   * So many orders are worked on at the same time, at most, from 2 to 1000. They do not see each other: after a burst the pool may
   * be so much fuller than its target, until it is looked after again. @default 20
   */
  readonly warmUpsAtOnce?: number
  /** The alarm on misses rings below this share of hits, in [0, 1]. @default 0.9 */
  readonly minimumHitRatio?: number
  /** What alarms do, for example an `SnsAction`. @default nothing */
  readonly alarmActions?: readonly IAlarmAction[]
  /** Names the pool in the metrics. @default the construct's path */
  readonly poolName?: string
  /** Ready-made code for the functions, with the exports of `main.ts` in `index`. @default bundled by esbuild, which must be installed */
  readonly code?: Code
  /** Also deploys your proxy, on a streaming function URL. @default none */
  readonly proxy?: WarmProxyProps
}

/** Your proxy: a file that exports `toLambdaHandler(proxy.fetch)` of `@warm-agent/proxy/lambda`. */
export interface WarmProxyProps {
  /** The file. */
  readonly entry: string
  /** The name of its export. @default 'handler' */
  readonly handler?: string
  /** Ready-made code instead of `entry`. `handler` is then `file.export`. @default `entry`, bundled by esbuild */
  readonly code?: Code
  /** The proxy's secret. It may read it; its ARN is in `WARM_AGENT_SECRET_ARN`. @default none: the proxy has to find its secret by itself */
  readonly secret?: ISecret
  /** Further variables. @default none */
  readonly environment?: Readonly<Record<string, string>>
  /** How long an answer may take; Lambda's limit is 15 minutes. @default 15 minutes */
  readonly timeout?: Duration
  /**
   * Who may call the URL. `AWS_IAM`: who signs with SigV4, so no page. Nor do pages get through by a CloudFront distribution that
   * signs for them (origin access control): it wants the SHA-256 of the body of every POST in `x-amz-content-sha256`, which the
   * client does not send (CloudFront developer guide, "Restrict access to an AWS Lambda function URL origin"). `NONE`: pages,
   * and everybody else; the proxy's `authorize`, `origins` and limits are then all that decides. The README tells how to let
   * nobody in but CloudFront.
   *
   * @default AWS_IAM: closed until you say otherwise
   */
  readonly authType?: FunctionUrlAuthType
}
