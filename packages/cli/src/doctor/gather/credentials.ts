import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import type { CredentialFacts } from '../checks/credentials.ts'

/** What the AWS SDK finds, the way that the proxy's does. The secret stays where it is. */
export async function findCredentials(region: string): Promise<CredentialFacts['found']> {
  const { config } = new BedrockAgentCoreClient({ region })
  try {
    const { accessKeyId, expiration } = await config.credentials()
    return { accessKeyId, expiresInMs: expiration && expiration.getTime() - Date.now() }
  } catch (error) {
    return { missing: (error as Error).message }
  }
}
