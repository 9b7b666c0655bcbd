/** The patterns of the service model in the AWS SDK 3.1141. */
const idPattern = '[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}'
const arnExpression = new RegExp(
  `^arn:aws(?:-[^:]+)?:bedrock-agentcore:([a-z0-9-]+):([0-9]{12}):runtime/(${idPattern})$`,
)
const idExpression = new RegExp(`^${idPattern}$`)

/** What the ARN of an agent runtime says. */
export interface RuntimeArn {
  region: string
  accountId: string
  runtimeId: string
}

/** @returns `undefined` when `text` is no ARN of an agent runtime. */
export function parseArn(text: string): RuntimeArn | undefined {
  const [, region, accountId, runtimeId] = arnExpression.exec(text) ?? []
  if (region === undefined || accountId === undefined || runtimeId === undefined) return undefined
  return { region, accountId, runtimeId }
}

/** The region of an ARN that passed the check. */
export function regionOf(arn: string): string {
  return parseArn(arn)?.region ?? 'us-east-1'
}

export function isRuntimeId(text: string): boolean {
  return idExpression.test(text)
}
