import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import type { CredentialFacts } from '../checks/credentials.ts'

/** Which credentials the AWS SDK finds, as it would in the proxy. The secret is not returned. */
export async function findCredentials(region: string): Promise<CredentialFacts['found']> {
  const { config } = new BedrockAgentCoreClient({ region })
  try {
    const { accessKeyId, expiration } = await config.credentials()
    return { accessKeyId, expiresInMs: expiration && expiration.getTime() - Date.now() }
  } catch (error) {
    return { missing: (error as Error).message }
  }
}
