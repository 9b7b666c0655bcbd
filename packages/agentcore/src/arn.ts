/** The pattern of the service model, which the platform checks too. */
const pattern =
  /^arn:aws(?:-[^:]+)?:bedrock-agentcore:(?<region>[a-z0-9-]+):[0-9]{12}:runtime\/[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}$/

/** Whether it is the ARN of an agent runtime. */
export const isRuntimeArn = (arn: string): boolean => pattern.test(arn)

/**
 * @returns the region of an agent runtime's ARN.
 * @throws Error when it is not one.
 */
export function regionOfArn(arn: string): string {
  const region = pattern.exec(arn)?.groups?.region
  if (region) return region
  throw new Error(
    `Could not use the agent runtime ARN "${arn}": it is malformed. ` +
      'It looks like arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5.',
  )
}
