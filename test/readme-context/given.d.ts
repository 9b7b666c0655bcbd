// What the READMEs take as given in their readers' projects: every name that a block uses and neither declares nor imports.
// What comes from our own packages is not among it: blocks import that.

import type { AgentRuntime, Authorize, WarmProxy } from '@warm-agent/proxy'
import type { ReactElement } from 'react'

type Fetch = typeof globalThis.fetch

declare global {
  // Of your settings.
  const arn: string
  const secret: string
  const queueUrl: string
  const refillQueueUrl: string
  const runtimeArn: string
  const imageDigest: string
  const proxySecret: import('aws-cdk-lib/aws-secretsmanager').ISecret
  const stack: import('aws-cdk-lib').Stack

  // The proxy's parts, from the block before.
  const runtime: AgentRuntime
  const authorize: Authorize
  const proxy: WarmProxy
  function createProxy(): WarmProxy

  // Your own sign-in.
  function userIdFrom(request: Request): Promise<string>
  function readSecret(arn: string): Promise<string>
  function tokenOf(request: Request): string
  function yourSession(request: Request): Promise<{ id: string } | null>

  // Your agent.
  const model: import('ai').LanguageModel
  const gate: import('@warm-agent/agent').WarmUpGate
  function answer(prompt: string): AsyncGenerator<string>
  function answerMessage(request: unknown): AsyncGenerator<string>
  function runAgent(body: unknown): Promise<object>
  function loadIndex(): Promise<void>
  function loadHistory(conversationId: string): Promise<void>

  // Your web framework.
  const express: import('express').Express
  const fastify: import('fastify').FastifyInstance
  const hono: import('hono').Hono

  // Your chat, and the library that it is made with.
  const sessionId: string
  const useEffect: typeof import('react').useEffect
  const useChat: typeof import('@ai-sdk/react').useChat
  const DefaultChatTransport: typeof import('ai').DefaultChatTransport
  function useYourChatClient(options: { api: string; fetch: Fetch }): {
    messages: { id: string; text: string }[]
    sendMessage(text: string): void
  }
  function Chat(properties: { fetch: Fetch }): ReactElement
  function Composer(properties: { onSend(text: string): void }): ReactElement
  function textOf(answer: Response): AsyncGenerator<string>
}
