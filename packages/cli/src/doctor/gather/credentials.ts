import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import type { CredentialFacts } from '../checks/credentials.ts'

/**
 * Which credentials the AWS SDK finds, as it would in the proxy. The secret is not returned.
 *
 * @param hide Gets the token that is sent with every call, when the credentials have one.
 */
export async function findCredentials(
  region: string,
  hide: (token: string | undefined) => void,
): Promise<CredentialFacts['found']> {
  const { config } = new BedrockAgentCoreClient({ region })
  try {
    const { accessKeyId, sessionToken, expiration } = await config.credentials()
    hide(sessionToken)
    return { accessKeyId, expiresInMs: expiration && expiration.getTime() - Date.now() }
  } catch (error) {
    return { missing: (error as Error).message }
  }
}
