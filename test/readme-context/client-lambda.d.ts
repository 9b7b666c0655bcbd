/** What the blocks use of a package that this repository does not install. */
declare module '@aws-sdk/client-lambda' {
  class InvokeCommand {
    constructor(input: { FunctionName: string })
    readonly input: { FunctionName: string }
  }
  class LambdaClient {
    send(
      command: InvokeCommand,
      options: { abortSignal: AbortSignal },
    ): Promise<{ Payload?: Uint8Array & { transformToString(): string } }>
  }
}
