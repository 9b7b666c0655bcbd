import { startProcess } from './start-process.ts'

/** Starts the data plane that does nothing but answer. @returns the settings that lead a process there, and a way to stop it. */
export async function startDataPlane() {
  const { line, stop } = await startProcess('overhead/data-plane.ts')
  const env = {
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: `http://127.0.0.1:${line}`,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5',
  }
  return { env, stop }
}
